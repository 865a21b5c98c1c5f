import type { Bank } from '../../../core/contract/manifest.ts';

/**
 * Codes by which the standard cashier leads to one bank's online banking for people. They are those of public clients, which agree
 * with one another; YeePay's own table is in its documents online, and which banks a merchant has is agreed on with YeePay.
 */
export const banks: readonly Bank[] = [
  { code: 'ICBC_B2C', name: { en: 'ICBC', zh: '工商银行' } },
  { code: 'CCB_B2C', name: { en: 'China Construction Bank', zh: '建设银行' } },
  { code: 'ABC_B2C', name: { en: 'Agricultural Bank of China', zh: '农业银行' } },
  { code: 'BOC_B2C', name: { en: 'Bank of China', zh: '中国银行' } },
  { code: 'CMBCHINA_B2C', name: { en: 'China Merchants Bank', zh: '招商银行' } },
  { code: 'BOCO_B2C', name: { en: 'Bank of Communications', zh: '交通银行' } },
  { code: 'PSBC_B2C', name: { en: 'Postal Savings Bank', zh: '邮政储蓄银行' } },
  { code: 'CIB_B2C', name: { en: 'Industrial Bank', zh: '兴业银行' } },
  { code: 'CMBC_B2C', name: { en: 'Minsheng Bank', zh: '民生银行' } },
  { code: 'CEB_B2C', name: { en: 'Everbright Bank', zh: '光大银行' } },
  { code: 'PINGANBANK_B2C', name: { en: 'Ping An Bank', zh: '平安银行' } },
  { code: 'ECITIC_B2C', name: { en: 'CITIC Bank', zh: '中信银行' } },
  { code: 'GDB_B2C', name: { en: 'Guangfa Bank', zh: '广发银行' } },
  { code: 'SPDB_B2C', name: { en: 'Pudong Development Bank', zh: '浦发银行' } },
  { code: 'HXB_B2C', name: { en: 'Hua Xia Bank', zh: '华夏银行' } },
  { code: 'SHB_B2C', name: { en: 'Bank of Shanghai', zh: '上海银行' } },
  { code: 'BCCB_B2C', name: { en: 'Bank of Beijing', zh: '北京银行' } },
];
