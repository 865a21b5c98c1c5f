import { DataTypes, type Model } from 'sequelize';
import { toSafeInteger } from '../values.ts';

/** Up to 64 ascii characters. */
export const id = () => ({ type: DataTypes.STRING(64), allowNull: false }) as const;
export const idOrNull = () => ({ type: DataTypes.STRING(64), allowNull: true }) as const;
/** The id of the row itself. */
export const primary = () => ({ type: DataTypes.STRING(64), allowNull: false, primaryKey: true }) as const;
export const text = () => ({ type: DataTypes.STRING(1000), allowNull: false }) as const;
export const textOrNull = () => ({ type: DataTypes.STRING(1000), allowNull: true }) as const;
export const long = () => ({ type: DataTypes.TEXT('medium'), allowNull: false }) as const;
export const longOrNull = () => ({ type: DataTypes.TEXT('medium'), allowNull: true }) as const;

/** A BIGINT as a number. Reading or setting one that a number does not hold exactly throws. */
export function integer(name: string, defaultValue?: number) {
  return { ...integerOrNull(name), allowNull: false, ...(defaultValue !== undefined && { defaultValue }) };
}

export function integerOrNull(name: string) {
  return {
    type: DataTypes.BIGINT,
    allowNull: true,
    get(this: Model): number | null {
      return exactOrNull(this.getDataValue(name));
    },
    set(this: Model, value: unknown): void {
      this.setDataValue(name, exactOrNull(value));
    },
  };
}

/** What is absent stays absent, for the default or the refusal of null to apply. */
function exactOrNull(value: unknown): number | null {
  return value === null || value === undefined ? (value as null) : toSafeInteger(value);
}
