/**
 * Two people in one organisation: founded, invited by mail, joined, promoted, left, each in a browser of its own,
 * with axe by day and by night and nothing sideways on a small screen.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { start, watched } from './house.js';

const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** A mail server that takes everything. `last(to)` waits for the next mail to somebody, as text. */
async function sink() {
  const mails = [];
  const server = createServer((socket) => {
    let [data, text, to] = [false, '', ''];
    socket.on('error', () => {});
    socket.write('220 here\r\n');
    socket.on('data', (chunk) => {
      text += chunk;
      for (;;) {
        const end = text.indexOf(data ? '\r\n.\r\n' : '\r\n');
        if (end < 0) return;
        const line = text.slice(0, end);
        text = text.slice(end + (data ? 5 : 2));
        if (data) {
          mails.push({ to, text: line.replaceAll('=\r\n', '').replaceAll('=3D', '=') });
          data = false;
          socket.write('250 taken\r\n');
        } else if (/^RCPT/i.test(line)) {
          to = /<(.*)>/.exec(line)?.[1] ?? '';
          socket.write('250 fine\r\n');
        } else if (/^DATA/i.test(line)) {
          data = true;
          socket.write('354 go on\r\n');
        } else if (/^QUIT/i.test(line)) {
          socket.end('221 bye\r\n');
        } else {
          socket.write('250 fine\r\n');
        }
      }
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `smtp://127.0.0.1:${server.address().port}`,
    async last(to) {
      for (let tries = 0; tries < 400; tries += 1) {
        const at = mails.findIndex((mail) => mail.to === to);
        if (at >= 0) return mails.splice(at, 1)[0].text;
        await new Promise((resolve) => { setTimeout(resolve, 50); });
      }
      throw new Error(`no mail to ${to}`);
    },
    stop: () => server.close(),
  };
}

let house;
let post;
let server;
before(async () => {
  [house, post] = await Promise.all([start(), sink()]);
  server = await house.instance(['--smtp', post.url, '--mail-from', 'Sigill <sigill@secrets.example>']);
});
after(async () => {
  await server.stop();
  await house.stop();
  post.stop();
});

/** Nobody is kept out, and nothing scrolls sideways. */
async function isFair(page) {
  await page.evaluate(AXE);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
    assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`)), [], `${page.url()} ${colorScheme}`);
  }
  for (const width of [360, 320, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `${page.url()} sideways at ${width}`);
  }
  assert.doesNotMatch(await page.locator('body').innerText(), /\?\?|undefined|\{|null/);
}

/** The link in a mail. @param {string} mail @param {string} place */
const linkIn = (mail, place) => new RegExp(`${server.origin}${place}#[1-9A-HJ-NP-Za-km-z]+`).exec(mail)?.[0] ?? '';

/** What whoever looks after the instance types. */
function operator(...words) {
  const done = house.cli([...words, '--data', server.data]);
  assert.equal(done.status, 0, done.stderr);
}

async function signIn(page, email) {
  await page.goto(`${server.origin}/sign-in`);
  await page.fill('#mail', email);
  await page.locator('form[action="/sign-in/mail"] button').click();
  await page.goto(linkIn(await post.last(email), '/sign-in/link'));
  await page.locator('form[action="/sign-in/link"] button').click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

test('two people share an organisation', { timeout: 120000 }, async () => {
  operator('admin', 'create', 'maja@example.org');
  operator('admin', 'switches', 'sign-up', 'invitation');
  const maja = await watched(server);
  await signIn(maja.page, 'maja@example.org');
  await maja.page.goto(`${server.origin}/organisations`);
  await isFair(maja.page);
  await maja.page.fill('#name', 'Lind & Co');
  await maja.page.getByRole('button', { name: 'Make it' }).click();
  await maja.page.getByRole('heading', { name: 'Lind & Co' }).waitFor();
  const place = maja.page.url();
  await maja.page.fill('#email', 'otto@example.org');
  await maja.page.getByRole('button', { name: 'Send the invitation' }).click();
  await maja.page.getByText('otto@example.org').first().waitFor();
  await isFair(maja.page);

  // Otto has no account. Looking at the link does nothing; a click does.
  const otto = await watched(server);
  const link = linkIn(await post.last('otto@example.org'), '/invitation');
  await otto.page.goto(link);
  await isFair(otto.page);
  assert.equal(new URL(otto.page.url()).hash, '', 'the code is out of the address');
  assert.notEqual(await otto.page.inputValue('#token'), '');
  await otto.page.getByRole('button', { name: 'Make an account' }).click();
  await otto.page.getByRole('heading', { name: 'Lind & Co' }).waitFor();
  assert.equal(otto.page.url(), place);
  await isFair(otto.page);
  assert.equal(await otto.page.getByRole('button', { name: 'Send the invitation' }).count(), 0);

  // Maja makes him an owner, and goes.
  await maja.page.reload();
  const row = maja.page.getByRole('row', { name: /otto@example\.org/ });
  await row.getByRole('combobox').selectOption('owner');
  await row.getByRole('button', { name: /Change role/ }).click();
  await maja.page.getByRole('link', { name: 'Leave' }).click();
  await isFair(maja.page);
  await maja.page.getByRole('button', { name: 'Leave the organisation' }).click();
  await maja.page.getByRole('heading', { name: 'You are in no organisation' }).waitFor();
  await maja.page.goto(place);
  await maja.page.getByRole('heading', { name: 'There is no such organisation' }).waitFor();
  await isFair(maja.page);

  // Otto is alone: he cannot leave, and he deletes it.
  await otto.page.reload();
  await otto.page.getByRole('link', { name: 'Delete the organisation' }).click();
  await isFair(otto.page);
  await otto.page.getByRole('radio', { name: /Burn them now/ }).check();
  await otto.page.getByRole('button', { name: 'Delete the organisation' }).click();
  await otto.page.getByRole('heading', { name: 'You are in no organisation' }).waitFor();
  await otto.page.goto(`${server.origin}/account/delete`);
  await isFair(otto.page);
  await otto.page.getByRole('button', { name: 'Delete my account' }).click();
  await otto.page.getByRole('heading', { name: 'Your account is deleted' }).waitFor();
  for (const { faults, context } of [maja, otto]) {
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test('where only some may share it says so before anybody types', { timeout: 60000 }, async () => {
  operator('admin', 'switches', 'creating', 'signed-in');
  operator('admin', 'create', 'vera@example.org');
  const stranger = await watched(server);
  await stranger.page.goto(server.origin);
  await stranger.page.getByText('Sign in to share').waitFor();
  assert.equal(await stranger.page.locator('#form').isVisible(), false);
  await isFair(stranger.page);
  // Not Maja: one address gets one link in a minute.
  const vera = await watched(server);
  await signIn(vera.page, 'vera@example.org');
  await vera.page.goto(server.origin);
  await vera.page.locator('#submit:enabled').waitFor();
  await vera.page.fill('#secret', 'hush');
  await vera.page.click('#submit');
  await vera.page.locator('#done').waitFor({ state: 'visible' });
  await Promise.all([stranger.context.close(), vera.context.close()]);
});
