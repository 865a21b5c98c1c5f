import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openVault, type Vault } from '../../core/access/vault.ts';

/** A vault under keys of its own, whose file is gone again at once. */
export function makeVault(): Vault {
  const folder = mkdtempSync(join(tmpdir(), 'paymux-vault-'));
  try {
    return openVault({ keyFile: join(folder, 'paymux.key'), create: true });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
