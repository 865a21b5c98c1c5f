import { expect } from 'chai';
import { parseAddress } from '../../core/store/address.ts';

describe('the address of a database', () => {
  it('names a server, an account and a database', () => {
    const address = { host: 'db.example', port: 3307, user: 'pay', password: 'p@ss/w', database: 'paymux', tls: false };
    expect(parseAddress('mysql://pay:p%40ss%2Fw@db.example:3307/paymux')).to.deep.equal(address);
  });

  it('has the usual port, and may ask for encryption', () => {
    expect(parseAddress('mysql://pay@[::1]/paymux?tls=verify')).to.include({ host: '::1', port: 3306, password: '', tls: true });
  });

  for (const url of [
    '',
    'nonsense',
    'postgres://a:hunter2@b/c',
    'mysql://a:hunter2@b',
    'mysql://a:hunter2@b/c/d',
    'mysql://a:hunter2@b/c?tls=off',
  ]) {
    it(`is refused without repeating it: ${url === '' ? 'nothing' : url}`, () => {
      expect(() => parseAddress(url)).to.throw(/^(?!.*hunter2).*database address/);
    });
  }
});
