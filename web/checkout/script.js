// What the checkout's pages do beside forms and links: hear of changes, count down, and open what was just chosen.
// Every page works without this file.

/** How long a page that cannot be told waits before it asks again. */
const pausesMs = [1000, 2000, 4000, 5000];

const body = document.body;
const main = document.getElementById('main');
const said = document.getElementById('said');
const page = new URL(location.href);

start();

function start() {
  const isNew = page.searchParams.get('go') === '1';
  page.searchParams.delete('go');
  // Whoever comes back by the back button wants to see this page, and not to be sent on again.
  if (isNew) history.replaceState(null, '', page);
  enhance();
  goOn(isNew ? '[data-go], [data-now]' : '[data-now]');
  follow();
  addEventListener('pageshow', (event) => {
    if (event.persisted) refresh();
  });
}

/** Brings the parts to life that the server has drawn. Called again whenever they were drawn anew. */
function enhance() {
  for (const button of main.querySelectorAll('[data-copy]')) offerCopy(button);
  for (const form of main.querySelectorAll('form')) form.addEventListener('submit', (event) => submitOnce(event, form));
  main.querySelector('[data-go="wallet"]')?.addEventListener('click', (event) => payInWallet(event.currentTarget));
  countDown(main.querySelector('[data-left]'));
}

/** Opens what the shopper has chosen, on the page before or by the wallet that he opened this one in: one tap less. */
function goOn(what) {
  const target = main.querySelector(what);
  if (target === null) return;
  if (target.dataset.go === 'wallet') payInWallet(target);
  else if (target instanceof HTMLFormElement) target.requestSubmit();
  else location.assign(target.href);
}

/** A second tap would only wait for the first. */
function submitOnce(event, form) {
  if (form.getAttribute('aria-busy') === 'true') event.preventDefault();
  form.setAttribute('aria-busy', 'true');
}

function offerCopy(button) {
  button.hidden = navigator.clipboard === undefined;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    said.textContent = button.closest('[data-copied]').dataset.copied;
  });
}

/** By the time that has gone by here: the clock of a phone may be wrong. */
function countDown(element) {
  if (element === null) return;
  const until = performance.now() + Number(element.dataset.left);
  const tick = () => {
    if (!element.isConnected) return;
    const leftSec = Math.max(0, Math.round((until - performance.now()) / 1000));
    element.textContent = writeDuration(leftSec);
    if (leftSec === 0) setTimeout(refresh, 1000);
    else setTimeout(tick, 1000);
  };
  tick();
}

function writeDuration(sec) {
  const two = (number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(sec / 3600), Math.floor(sec / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(sec % 60)}` : `${minutes}:${two(sec % 60)}`;
}

/** Hears of changes for as long as there can be any. */
function follow() {
  const address = body.dataset.live;
  if (address === undefined) return;
  if (typeof EventSource === 'undefined') return void poll(address, 0);
  const source = new EventSource(`${address}/events`);
  source.onmessage = (event) => {
    take(JSON.parse(event.data));
    if (body.dataset.live === undefined) source.close();
  };
  source.onerror = () => {
    // Otherwise the browser opens it again by itself.
    if (source.readyState === EventSource.CLOSED) poll(address, 0);
  };
}

async function poll(address, turn) {
  await new Promise((resolve) => setTimeout(resolve, pausesMs[Math.min(turn, pausesMs.length - 1)]));
  const answer = await fetch(`${address}/state`).catch(() => null);
  if (answer?.ok) await take(await answer.json());
  if (body.dataset.live !== undefined) poll(address, turn + 1);
}

async function take({ stamp }) {
  if (stamp !== body.dataset.stamp) await refresh();
}

/** Draws anew what the server shows now, and says it to who does not see it. */
async function refresh() {
  page.searchParams.delete('choose');
  page.searchParams.delete('notice');
  const answer = await fetch(page).catch(() => null);
  if (!answer?.ok) return;
  // Its style has a nonce of its own, which this page's policy does not know: parsed, it would be reported as a break-in.
  const text = (await answer.text()).replace(/<style[\s\S]*?<\/style>/, '');
  const drawn = new DOMParser().parseFromString(text, 'text/html');
  // Where a form may lead to is in the policy of its own page: under this one, a tap on it would do nothing.
  if (drawn.querySelector('form[action^="http"]') !== null) return location.replace(page);
  const before = body.dataset.stamp;
  for (const name of ['stamp', 'live']) {
    if (drawn.body.dataset[name] === undefined) delete body.dataset[name];
    else body.dataset[name] = drawn.body.dataset[name];
  }
  history.replaceState(null, '', page);
  document.title = drawn.title;
  main.replaceChildren(...drawn.getElementById('main').childNodes);
  enhance();
  const heading = main.querySelector('h2');
  if (before !== body.dataset.stamp && heading !== null) {
    heading.focus();
    said.replaceChildren(...heading.cloneNode(true).childNodes);
  }
}

/** The browser inside a wallet has a bridge to it, which may come a little later than the page. */
function payInWallet(button) {
  const params = JSON.parse(button.dataset.params);
  const isAlipay = params.tradeNO !== undefined;
  const [bridge, ready] = isAlipay ? ['AlipayJSBridge', 'AlipayJSBridgeReady'] : ['WeixinJSBridge', 'WeixinJSBridgeReady'];
  const call = () => {
    if (isAlipay) globalThis[bridge].call('tradePay', params, refresh);
    else globalThis[bridge].invoke('getBrandWCPayRequest', params, refresh);
  };
  if (globalThis[bridge] !== undefined) return call();
  document.addEventListener(ready, call, { once: true });
  setTimeout(() => {
    if (globalThis[bridge] === undefined) main.querySelector('.wallet-missing')?.removeAttribute('hidden');
  }, 3000);
}
