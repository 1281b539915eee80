/**
 * Uploads from the page: parts go out in order, what is lost is sent again after growing pauses, and an upload
 * that had to stop goes on with what is missing.
 */

import assert from 'node:assert/strict';
import test, { beforeEach } from 'node:test';
import { base64url, fromBase58, hash } from '../js/envelope/bytes.js';
import { Upload } from '../js/uploads.js';

const PART = 100;
const ID = '9PJwG4sD5JYkqWf6N3x8Zb';
const TERMS = { views: 1 };
const envelope = Uint8Array.from({ length: 250 }, (_, i) => i);
const PAUSES = [250, 500, 1000, 2000, 4000, 8000, 15000, 15000];

/** A server that keeps parts, and what goes wrong on the way to it: each call takes the next entry. */
let server;

const problem = (status, name, more = {}) => ({ status, body: { type: `urn:sigill:problem:${name}`, ...more } });

function answer(method, path, authorization, body) {
  server.calls.push(`${method} ${path}`);
  const fault = server.faults(method, path);
  if (fault?.after) server.take(method, path, authorization, body);
  if (fault) return fault;
  return server.take(method, path, authorization, body);
}

beforeEach(() => {
  server = {
    calls: [],
    parts: new Map(),
    pauses: [],
    faults: () => null,
    take(method, path, authorization, body) {
      const state = () => ({ id: ID, size: envelope.length, part_bytes: PART, parts: [...server.parts.keys()].sort() });
      if (path === '/v1/uploads') {
        server.begun = JSON.parse(body);
        return { status: 201, body: state() };
      }
      server.bearer = authorization;
      if (method === 'GET') return { status: 200, body: state() };
      if (method === 'DELETE') return { status: 204 };
      if (method === 'PUT') {
        server.parts.set(Number(path.split('/').pop()), body);
        return { status: 204 };
      }
      return server.parts.size === 3 ? { status: 201, body: { id: ID } } : problem(409, 'incomplete');
    },
  };
  globalThis.fetch = async (path, { method, headers, body }) => {
    const { status, body: said, lost } = answer(method, path, headers.authorization, body);
    if (lost) throw new TypeError('network error');
    return new Response(said === undefined ? null : JSON.stringify(said), { status });
  };
  globalThis.XMLHttpRequest = class extends EventTarget {
    upload = new EventTarget();

    headers = {};

    status = 0;

    responseText = '';

    open(method, path) { [this.method, this.path] = [method, path]; }

    setRequestHeader(name, value) { this.headers[name] = value; }

    send(body) {
      this.upload.dispatchEvent(Object.assign(new Event('progress'), { loaded: body.length / 2 }));
      const { status, body: said, lost } = answer(this.method, this.path, this.headers.authorization, body.slice());
      if (!lost) [this.status, this.responseText] = [status, said ? JSON.stringify(said) : ''];
      queueMicrotask(() => this.dispatchEvent(new Event('loadend')));
    }
  };
});

const LOST = { lost: true };
const make = () => new Upload(TERMS, envelope, true, async (pause) => { server.pauses.push(pause); });
const quiet = () => {};
const put = (number) => `PUT /v1/uploads/${ID}/parts/${number}`;
const WHOLE = ['POST /v1/uploads', put(0), put(1), put(2), `POST /v1/uploads/${ID}/complete`];
/** What arrived, in order. */
const kept = () => [0, 1, 2].flatMap((number) => [...server.parts.get(number)]);

/** Fails the calls to a path as often as there are faults. */
function failing(path, faults) {
  server.faults = (method, asked) => (`${method} ${asked}` === path ? faults.shift() ?? null : null);
}

test('parts go out in order, under a token that only its sender has', async () => {
  const told = [];
  const created = await make().send((bytes, waits) => told.push([bytes, waits]));
  assert.equal(created.id, ID);
  assert.deepEqual(server.calls, WHOLE);
  assert.deepEqual(kept(), [...envelope]);
  const { token_hash: named, ...rest } = server.begun;
  assert.deepEqual(rest, { terms: TERMS, size: 250, passphrase: true });
  const token = /^Bearer sgu_(.+)$/.exec(server.bearer)[1];
  assert.equal(base64url(await hash(fromBase58(token, 32))), named);
  assert.deepEqual(told.map(([bytes]) => bytes), [0, 50, 100, 150, 200, 225, 250]);
  assert.ok(told.every(([, waits]) => !waits));
  assert.deepEqual(server.pauses, []);
});

test('whatever is lost is sent again, and nothing else is', async () => {
  for (const path of WHOLE) {
    for (const fault of [LOST, { lost: true, after: true }, { status: 502 }, problem(500, 'internal'), problem(503, 'overloaded')]) {
      server.calls = [];
      server.pauses = [];
      server.parts.clear();
      failing(path, [fault, fault]);
      await make().send(quiet);
      assert.deepEqual(server.calls, WHOLE.flatMap((call) => (call === path ? [call, call, call] : [call])));
      assert.deepEqual(kept(), [...envelope]);
      assert.deepEqual(server.pauses, PAUSES.slice(0, 2));
    }
  }
});

test('a server that asks for time gets it, up to a minute', async () => {
  failing(put(1), [7, 3600].map((seconds) => problem(429, 'too-many-requests', { retry_after: seconds })));
  await make().send(quiet);
  assert.deepEqual(server.pauses, [7000, 60000]);
});

test('after enough tries it stops, and goes on with the first part that is missing', async () => {
  failing(put(1), Array.from({ length: 9 }, () => LOST));
  const upload = make();
  const told = [];
  await assert.rejects(upload.send((bytes, waits) => told.push([bytes, waits])), (error) => error.problem === 'offline' && upload.goesOn(error));
  assert.deepEqual(server.pauses, PAUSES);
  assert.deepEqual(told.filter(([, waits]) => waits), PAUSES.map(() => [100, true]));
  assert.equal(server.calls.filter((call) => call === put(1)).length, 9);
  server.calls = [];
  await upload.send(quiet);
  assert.deepEqual(server.calls, [`GET /v1/uploads/${ID}`, put(1), put(2), `POST /v1/uploads/${ID}/complete`]);
  assert.deepEqual(kept(), [...envelope]);
});

test('what arrived although its answer was lost is not sent again', async () => {
  failing(put(1), Array.from({ length: 9 }, () => ({ lost: true, after: true })));
  const upload = make();
  await assert.rejects(upload.send(quiet));
  server.calls = [];
  await upload.send(quiet);
  assert.deepEqual(server.calls, [`GET /v1/uploads/${ID}`, put(2), `POST /v1/uploads/${ID}/complete`]);
});

test('when only the last answer is missing, only that is asked again', async () => {
  failing(WHOLE.at(-1), Array.from({ length: 9 }, () => ({ lost: true, after: true })));
  const upload = make();
  await assert.rejects(upload.send(quiet));
  server.calls = [];
  assert.equal((await upload.send(quiet)).id, ID);
  assert.deepEqual(server.calls, [WHOLE.at(-1)]);
});

test('a refusal that time does not mend is not tried again', async () => {
  for (const [status, name] of [[403, 'quota-exceeded'], [404, 'unavailable'], [422, 'invalid'], [503, 'storage-full']]) {
    server.calls = [];
    failing(put(0), [problem(status, name)]);
    const upload = make();
    await assert.rejects(upload.send(quiet), (error) => error.problem === name && !upload.goesOn(error));
    assert.deepEqual(server.calls, WHOLE.slice(0, 2));
  }
  assert.deepEqual(server.pauses, []);
});

test('what is given up is given up on the server, if it was begun', async () => {
  const upload = make();
  await upload.giveUp();
  assert.deepEqual(server.calls, []);
  failing(put(0), [problem(422, 'invalid')]);
  await assert.rejects(upload.send(quiet));
  await upload.giveUp();
  assert.equal(server.calls.at(-1), `DELETE /v1/uploads/${ID}`);
});
