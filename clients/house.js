/**
 * The real program on a data directory of its own, with an account and a key, for clients that others wrote.
 */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PROGRAM = process.env.SIGILL ?? join(ROOT, 'target/debug/sigill');
/** Whose the account is. */
export const EMAIL = 'ann+scripts@example.com';

/** A program of a Python place that the test command has made. */
export function python(place, program) {
  return join(ROOT, 'target/xtask-tools', place, 'bin', program);
}

/** Runs a program to its end, without holding up what this process serves or waits for. */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => { out += chunk; });
    child.stderr.on('data', (chunk) => { err += chunk; });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

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

function command(args) {
  const done = spawnSync(PROGRAM, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`sigill ${args.join(' ')}\n${done.stdout}${done.stderr}`);
  return done.stdout.trim();
}

/**
 * Starts it. `keyed` makes an account and a key first; `env` says what it is told beside that; `stop` ends it and
 * removes what it kept.
 */
export async function start({ keyed = false, env = {} } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'sigill-clients-'));
  let key = null;
  if (keyed) {
    command(['admin', 'create', EMAIL, '--data', data]);
    key = command(['keys', 'create', '--account', EMAIL, '--scopes', 'all', '--data', data]);
  }
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--public-url', origin];
  const program = spawn(PROGRAM, args, { env: { ...process.env, SIGILL_LIMITS: 'off', ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  program.stderr.on('data', (chunk) => { log += chunk; });
  await listening(origin, program, () => log);
  return {
    origin,
    key,
    log: () => log,
    /** Asks it on its own machine, while it runs. */
    admin: (...words) => run(PROGRAM, ['admin', ...words, '--data', data]),
    /** Posts a form, as a person at a terminal would. */
    post: (path, fields = {}) => fetch(`${origin}${path}`, { method: 'POST', body: new URLSearchParams(fields) }),
    async stop() {
      const ended = new Promise((resolve) => { program.once('exit', resolve); });
      program.kill('SIGTERM');
      await ended;
      rmSync(data, { recursive: true, force: true });
      // Law 6: neither tokens, keys and passphrases nor what they open.
      assert.doesNotMatch(log, /[0-9a-z]{62}|sigill_[1-9A-Za-z]{30}|hush|sesame|ann\+scripts/);
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
