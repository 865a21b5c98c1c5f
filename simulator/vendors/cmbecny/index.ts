import type { VendorModule } from '../../types.ts';
import type { KeyVault } from '../../vault.ts';
import { openBank } from './gateway.ts';
import type { CmbKeys, CmbMerchant } from './sign.ts';

/** Before the point, every SM2 public key in the form that the bank hands out is the same. */
const spkiHead = '3059301306072a8648ce3d020106082a811ccf5501822d034200';

async function loadKeys(vault: KeyVault): Promise<CmbKeys> {
  // Containers install no optional package. Without this one the bank has no merchants, and the other vendors open as ever.
  const library = await import('sm-crypto-v2').catch(() => null);
  if (library === null) return [];
  const { sm2 } = library;
  const pair = async (name: string) => {
    const privateKey = await vault.text(`${name}.sm2`, () => sm2.generateKeyPairHex().privateKey);
    return { privateKey, publicKey: sm2.getPublicKeyFromPrivateKey(privateKey) };
  };
  const load = async (merId: string, userId: string): Promise<CmbMerchant> => ({
    sm2,
    merId,
    userId,
    appId: vault.secret(`appid-${merId}`, 32),
    appSecret: vault.secret(`secret-${merId}`, 32),
    own: await pair(`merchant-${merId}`),
    bank: await pair(`bank-${merId}`),
  });
  return Promise.all([load('308999170120FWZ', 'N003109945'), load('308999150570002', 'N002864744')]);
}

export default {
  channel: 'cmbecny',
  title: 'e-CNY via CMB',
  shows: { bad_signature: ['pay', 'query', 'refund', 'close'], wrong_amount: ['query'], wrong_account: ['query'] },
  loadKeys,
  accounts: (merchants) =>
    merchants.map((merchant) => ({
      id: merchant.merId,
      configure: (baseUrl) => ({
        base_url: baseUrl,
        app_id: merchant.appId,
        app_secret: merchant.appSecret,
        merchant_no: merchant.merId,
        user_id: merchant.userId,
        private_key: merchant.own.privateKey,
        bank_public_key: Buffer.from(`${spkiHead}${merchant.bank.publicKey}`, 'hex').toString('base64'),
        terminal_no: 'SIM-0001',
        terminal_ip: '127.0.0.1',
        trade_place: 'http://127.0.0.1',
      }),
    })),
  open: openBank,
} satisfies VendorModule<CmbKeys>;
