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
export const PROGRAM = process.env.SIGILL ?? join(ROOT, 'target/debug/sigill');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

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

/** Starts the program and a browser; `stop` ends both. */
export async function start() {
  const data = mkdtempSync(join(tmpdir(), 'sigill-e2e-'));
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--public-url', origin];
  const program = spawn(PROGRAM, args, { env: { ...process.env, SIGILL_LIMITS: 'off' }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  program.stderr.on('data', (chunk) => { log += chunk; });
  await listening(origin, program, () => log);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  return {
    origin,
    browser,
    /** Runs the program as a person at a terminal would. */
    cli: (command, options = {}) => spawnSync(PROGRAM, command, { encoding: 'utf8', ...options }),
    async stop() {
      await browser.close();
      const ended = new Promise((resolve) => program.once('exit', resolve));
      program.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
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
  const context = await house.browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 }, ...options });
  if (options.clipboard !== false) await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  const faults = [];
  const requests = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    // A refusal that the page explains to its reader is also noted by the browser itself.
    if (message.type() === 'error' && !/status of (403|404|429)/.test(text)) faults.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    requests.push({ method: request.method(), url: request.url(), body: request.postData() ?? '', headers: request.headers() });
    const { origin, hash } = new URL(request.url());
    if (!['data:', 'blob:'].includes(new URL(request.url()).protocol) && origin !== house.origin) faults.push(`a request to ${origin}`);
    if (hash && !request.isNavigationRequest()) faults.push('a fragment in a request');
  });
  return { context, page, faults, requests };
}

/** Shares from the page and returns what the done page shows. */
export async function share(house, text, change = async () => {}) {
  const watch = await watched(house);
  const { page } = watch;
  await page.goto(house.origin);
  await page.locator('#keys').waitFor();
  if (text !== null) await page.fill('#secret', text);
  await change(page);
  await page.click('#submit');
  await page.locator('#done').waitFor();
  await page.locator('#timeline li').first().waitFor();
  const link = await page.textContent('#link');
  return { ...watch, link };
}

/** Opens a link as a stranger would, up to the point where it can be shown. */
export async function arrive(house, link, options = {}) {
  const watch = await watched(house, options);
  await watch.page.goto(link);
  await watch.page.locator('h1:visible').waitFor();
  return watch;
}
