/**
 * What every browser test needs: the real program on a data directory of its own, a real browser, and a
 * watch on everything that a page must never do.
 */

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = process.env.SIGILL ?? join(ROOT, 'target/debug/sigill');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ELSEWHERE = 'secrets.example';
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run', `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`,
];

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Starts the program under a name of its host. */
async function serve(host, settings = []) {
  const data = mkdtempSync(join(tmpdir(), 'sigill-e2e-'));
  const port = await freePort();
  const origin = `http://${host}:${port}`;
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--public-url', origin, ...settings];
  const program = spawn(PROGRAM, args, { env: { ...process.env, SIGILL_LIMITS: 'off' }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  program.stderr.on('data', (chunk) => { log += chunk; });
  await listening(`http://localhost:${port}`, program, () => log);
  return {
    origin,
    data,
    /** What it has told people. */
    log: () => log,
    async stop() {
      const ended = new Promise((resolve) => { program.once('exit', resolve); });
      program.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Starts the program and a browser; `stop` ends both. */
export async function start() {
  const server = await serve('localhost');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  /** Started once, however many ask for it at the same time. */
  let other = null;
  return {
    origin: server.origin,
    data: server.data,
    browser,
    /** Runs the program as a person at a terminal would. */
    cli: (command, options = {}) => spawnSync(PROGRAM, command, { encoding: 'utf8', ...options }),
    /** A server with settings of its own; whoever starts it stops it. */
    instance: async (settings) => ({ ...await serve('localhost', settings), browser }),
    /** A server that a browser does not trust: plain HTTP, under a name that is not this machine's. */
    async elsewhere() {
      other ??= serve(ELSEWHERE);
      return { origin: (await other).origin, browser };
    },
    async stop() {
      await browser.close();
      await Promise.all([server.stop(), other?.then((started) => started.stop())]);
    },
  };
}

async function listening(origin, program, log) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (program.exitCode !== null) throw new Error(`the program ended:\n${log()}`);
    const answer = await fetch(`${origin}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  throw new Error(`no answer from the program:\n${log()}`);
}

/**
 * A page that notes what no page may do: errors on the console, a breach of its policy, a request to
 * another host, anything after # on the wire.
 */
export async function watched(house, options = {}) {
  const { clipboard = true, ...rest } = options;
  const context = await house.browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Stockholm', reducedMotion: 'reduce', viewport: { width: 1280, height: 900 }, ...rest });
  if (clipboard) await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  else await context.addInitScript(() => { delete Navigator.prototype.clipboard; });
  const faults = [];
  const requests = [];
  await context.exposeBinding('reportBreach', (_, text) => { faults.push(text); });
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      globalThis.reportBreach(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // What the page explains to its reader is also noted by the browser itself: a refusal, a lost answer, plain HTTP.
    const known = /status of (403|404|422|429|500|503)|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_(RESET|CLOSED)|ERR_SOCKET_NOT_CONNECTED|net::ERR_FAILED|Opener-Policy header has been ignored/.test(text);
    if (message.type() === 'error' && !known) faults.push(`console: ${text}`);
    // Texts are preloaded for modules, which do not run without scripts.
    const unused = options.javaScriptEnabled === false && /preloaded using link preload but not used/.test(text);
    if (message.type() === 'warning' && !unused) faults.push(`warning: ${text}`);
  });
  page.on('request', (request) => {
    requests.push({ method: request.method(), url: request.url(), body: request.postData() ?? '', headers: request.headers() });
    const { origin, hash, protocol } = new URL(request.url());
    if (!['data:', 'blob:'].includes(protocol) && origin !== house.origin) faults.push(`a request to ${origin}`);
    if (hash && !request.isNavigationRequest()) faults.push('a fragment in a request');
  });
  return { context, page, faults, requests };
}

/** The create page, ready to be used. */
export async function desk(house, options = {}) {
  const watch = await watched(house, options);
  await watch.page.goto(house.origin);
  await watch.page.locator('#keys').waitFor({ state: 'attached' });
  await watch.page.locator('#submit:enabled').waitFor();
  return watch;
}

/** Shares from the page and returns what the done page shows. */
export async function share(house, text, change = async () => {}, options = {}) {
  const watch = await desk(house, options);
  const { page } = watch;
  if (text !== null) await page.fill('#secret', text);
  await change(page);
  await page.click('#submit');
  await page.locator('#done').waitFor();
  await page.locator('#timeline li').first().waitFor();
  const link = await page.textContent('#link');
  return { ...watch, link };
}

/** Opens a link as a stranger would, up to the point where the page says something of its own. */
export async function arrive(house, link, options = {}) {
  const watch = await watched(house, options);
  await watch.page.goto(link);
  await watch.page.locator('#loading').waitFor({ state: 'hidden' });
  await watch.page.locator('h1:visible').waitFor();
  return watch;
}
