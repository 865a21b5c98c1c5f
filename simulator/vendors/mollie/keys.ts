import type { AccountOffer } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import type { World } from '../../world.ts';

export interface MollieProfile {
  readonly profileId: string;
  readonly apiKey: string;
  /** Of the organization that the profile belongs to: each has one of its own here. */
  readonly organizationToken: string;
}

export type MollieKeys = readonly MollieProfile[];
export type MollieWorld = World<MollieKeys>;

export async function loadKeys(vault: KeyVault): Promise<MollieKeys> {
  return [1, 2].map((index) => ({
    profileId: `pfl_Simulated${index}`,
    apiKey: `test_${vault.secret(`key-${index}`, 30)}`,
    organizationToken: `access_${vault.secret(`organization-${index}`, 30)}`,
  }));
}

export function describeAccounts(profiles: MollieKeys): readonly AccountOffer[] {
  return profiles.map(({ profileId, apiKey, organizationToken }) => ({
    id: profileId,
    configure: (baseUrl) => ({ base_url: baseUrl, api_key: apiKey, profile_id: profileId, organization_token: organizationToken }),
  }));
}
