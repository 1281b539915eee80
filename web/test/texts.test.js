/**
 * The texts: every key that is used is there in every language, no key is left over, and both languages ask
 * for the same values. Times, sizes and durations read as a person would say them.
 */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';
import { ROLES } from '../js/envelope/envelope.js';
import { FluentBundle, FluentResource } from '@fluent/bundle';

const ROOT = new URL('../../', import.meta.url);
const source = (path) => readFileSync(new URL(path, ROOT), 'utf8');
const LANGUAGES = ['en', 'sv'];
/** What modules load in the browser, and that with what only the server's pages say. */
const loaded = Object.fromEntries(LANGUAGES.map((tag) => [tag, source(`web/l10n/${tag}.ftl`)]));
const ROOMS = readdirSync(new URL('web/l10n/', ROOT)).flatMap((name) => /^en(-.*)\.ftl$/.exec(name)?.[1] ?? []);
const files = Object.fromEntries(LANGUAGES.map((tag) => [tag, loaded[tag] + ROOMS.map((room) => source(`web/l10n/${tag}${room}.ftl`)).join('')]));
const keysOf = (text) => [...text.matchAll(/^([a-z][a-z0-9-]*) =/gm)].map(([, key]) => key);
const KEYS = keysOf(files.en);

const sources = (folder, ending) => readdirSync(new URL(folder, ROOT)).filter((name) => name.endsWith(ending)).map((name) => source(folder + name)).join('\n');
const PAGES = sources('crates/http/src/pages/', '.rs').split('#[cfg(test)]')[0] + sources('crates/http/src/pages/', '.rs');
const MODULES = sources('web/js/', '.js');

/** Values in the sources that are part of a key. */
const list = (text, pattern) => [...text.matchAll(pattern)].map(([, found]) => found);
const STEPS = list(/const STEPS[^=]*= \[(.*)\]/.exec(PAGES)[1].replaceAll('_', ''), /(\d+)/g);
/** The array of all kinds, whose length the compiler counts, says how many there are. */
const COUNTED = Number(/pub const ALL: \[Self; (\d+)\]/.exec(source('crates/domain/src/audit/kind.rs'))[1]);
const KINDS = list(source('crates/domain/src/audit/kind.rs').split('pub const fn name')[1].split('\n    }\n')[0], /=> "([a-z-]+)"/g);
/** What is about no secret is in no receipt. */
const OF_SECRETS = list(source('crates/domain/src/audit/kind.rs').split('is_of_a_secret')[1].split('\n    }\n')[0], /Self::([A-Za-z]+)/g)
  .map((name) => name.replaceAll(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase());
const STATES = list(source('crates/wire/src/receipts.rs').split('pub enum State')[1].split('\n}\n')[0], /^    ([A-Z][a-z]+),/gm).map((name) => name.toLowerCase());
const OUTCOMES = list(source('crates/wire/src/receipts.rs').split('pub enum BurnOutcome')[1].split('\n}\n')[0], /^    ([A-Z][a-z]+),/gm).map((name) => name.toLowerCase());
const FAULTS = list(/const FAULTS[^=]*= \[(.*)\]/.exec(PAGES)[1], /"([a-z]+)"/g);
const MADE = [
  ...STEPS.flatMap((step) => [`expiry-short-${step}`, `expiry-help-${step}`]),
  ...OF_SECRETS.map((kind) => `time-${kind}`),
  ...STATES.flatMap((state) => [`receipt-heading-${state}`, `receipt-lede-${state}`]),
  'receipt-lede-partly',
  ...FAULTS.flatMap((fault) => [`incomplete-${fault}`, `incomplete-${fault}-why`]),
  ...Object.keys(ROLES).map((role) => `field-${role}`),
  ...Array.from({ length: 8 }, (_, i) => [`practice-${i + 1}`, `practice-${i + 1}-text`]).flat(),
  ...OUTCOMES.filter((outcome) => outcome !== 'burned').map((outcome) => `burn-lost-${outcome}`),
];

test('the lists that keys are made of are found in the sources', () => {
  assert.deepEqual([STEPS.length, KINDS.length, STATES.length, FAULTS.length], [7, COUNTED, 7, 4]);
});

test('every key that is used is there', () => {
  const asked = [
    ...list(PAGES, /(?:\bt|\btexts\s*\.(?:get|with))\(\s*"([a-z0-9-]+)"/g),
    ...list(PAGES, /\b(?:title|foot)(?:: | = )"([a-z-]+)"/g),
    ...list(MODULES, /\bt\('([a-z0-9-]+)'/g),
    ...MADE,
  ];
  assert.ok(asked.length > 200, `only ${asked.length}`);
  for (const tag of LANGUAGES) {
    const there = new Set(keysOf(files[tag]));
    assert.deepEqual(asked.filter((key) => !there.has(key)), [], tag);
    const here = new Set(keysOf(loaded[tag]));
    assert.deepEqual(list(MODULES, /\bt\('([a-z0-9-]+)'/g).filter((key) => !here.has(key)), [], `${tag}, in the browser`);
  }
});

test('no key is left over, and none stands twice', () => {
  const words = new Set([...list(PAGES, /"([a-z0-9-]+)"/g), ...list(MODULES, /'([a-z0-9-]+)'/g), ...MADE]);
  assert.deepEqual(KEYS.filter((key) => !words.has(key)), []);
  for (const tag of LANGUAGES) assert.equal(new Set(keysOf(files[tag])).size, keysOf(files[tag]).length, tag);
});

/** Each key with the values that it asks for. */
function shape(text) {
  const parts = text.split(/^(?=[a-z][a-z0-9-]* =)/m).filter((part) => /^[a-z]/.test(part));
  return parts.map((part) => [part.split(' =')[0], [...new Set(list(part.replaceAll(/^#.*$/gm, ''), /\$([a-z]+)/g))].sort()]);
}

test('both languages have the same keys, in the same order, and ask for the same values', () => {
  assert.deepEqual(shape(files.sv), shape(files.en));
});

/** Numbers that meet every plural category of a language. */
function numbers(tag) {
  const all = [0, 1, 2, 3, 4, 5, 11, 20, 21, 100, 101, 12345];
  const rules = new Intl.PluralRules(tag);
  assert.deepEqual(new Set(all.map((number) => rules.select(number))), new Set(rules.resolvedOptions().pluralCategories), tag);
  return all;
}

/** Every set of values that makes a message choose another way, and one that no variant names. */
function givens(message, tag) {
  let all = [{}];
  for (const name of new Set(list(message, /\$([a-z]+)/g))) {
    const variants = [...message.matchAll(/\{ \$([a-z]+) ->\n([^]*?)\n\}/g)].filter(([, chosen]) => chosen === name);
    const named = variants.flatMap(([, , lines]) => list(lines, /\[([a-z0-9-]+)\]/g));
    const counted = named.some((variant) => /^(\d+|zero|one|two|few|many)$/.test(variant)) || COUNTS.includes(name);
    const values = counted ? numbers(tag) : [...new Set(named), 'nothing of these'];
    all = all.flatMap((given) => values.map((value) => ({ ...given, [name]: value })));
  }
  return all;
}
const COUNTS = ['count', 'taken', 'left', 'views', 'bits', 'failed', 'limit', 'min', 'max'];

/** What a file of texts holds that our reader does not read as Fluent means it. */
function strange(text) {
  const body = text.replaceAll(/^#.*$/gm, '');
  const messages = [...body.matchAll(/^([a-z][a-z0-9-]*) = (.*(?:\n(?: |\}).*)*)/gm)];
  const outside = messages.reduce((rest, [whole]) => rest.replace(whole, ''), body).split('\n').filter((line) => line.trim());
  const inside = messages.filter(([, , said]) => {
    const bare = said
      .replaceAll(/\{ \$[a-z]+ ->\n(?:(?: {4}|   \*)\[[a-z0-9-]+\] .+\n)+\}/g, (select) => (
        list(select, /\*(\[)/g).length === 1 ? select.replaceAll(/\{ \$[a-z]+ ->|\n *\*?\[[a-z0-9-]+\]|\n\}/g, '') : select
      ))
      .replaceAll(/\{ \$[a-z]+ \}/g, '');
    return /[{}\n]/.test(bare);
  });
  return [...outside, ...inside.map(([, key]) => key)];
}

test('every text is written in the part of Fluent that our reader reads', () => {
  for (const tag of LANGUAGES) assert.deepEqual(strange(files[tag]), [], tag);
  for (const text of [
    'a = { -term }', 'a = { other }', 'a = { NUMBER($x) }', 'a = { "quoted" }', 'a = x\n    .title = y', '-term = x',
    'a =\n    on a line of its own', 'a = x\n    and more', 'a = {$x}', 'A = x', 'a = { $x ->\n    [one] x\n}',
    'a = { $x ->\n    [one] { $y ->\n    [one] x\n   *[other] y\n}\n   *[other] z\n}',
  ]) assert.notDeepEqual(strange(`${text}\n`), [], text);
});

test('every text reads whole with every value, and as the reference implementation of Fluent has it', async () => {
  for (const tag of LANGUAGES) {
    const ours = await texts(tag, tag);
    const bundle = new FluentBundle(tag, { useIsolating: false });
    assert.deepEqual(bundle.addResource(new FluentResource(files[tag])), []);
    for (const part of files[tag].split(/^(?=[a-z][a-z0-9-]* =)/m).filter((text) => /^[a-z]/.test(text))) {
      const key = part.split(' =')[0];
      const { value } = bundle.getMessage(key);
      for (const given of givens(part.replaceAll(/^#.*$/gm, ''), tag)) {
        const faults = [];
        const text = bundle.formatPattern(value, given, faults);
        assert.deepEqual(faults, [], key);
        assert.doesNotMatch(text, /\{|\}|  |\?\?/, key);
        assert.equal(ours.t(key, given), text, `${key} ${JSON.stringify(given)}`);
      }
    }
  }
});

/** The module as a page in `language` has it. */
async function texts(language, region) {
  globalThis.document = { documentElement: { lang: language }, getElementById: () => ({ href: `data:,${encodeURIComponent(files[language])}` }) };
  Object.defineProperty(globalThis, 'navigator', { value: { languages: [region] }, configurable: true });
  const module = await import(`../js/texts.js?${language}-${region}`);
  await module.load();
  return module;
}

test('durations, sizes and times as a person says them', async () => {
  const en = await texts('en', 'en-GB');
  const sv = await texts('sv', 'sv-SE');
  assert.deepEqual([60, 3600, 86400, 604800, 90, 5400, 1].map(en.duration), ['1 minute', '1 hour', '1 day', '7 days', '2 minutes', '90 minutes', '1 second']);
  assert.deepEqual([60, 7200, 86400].map(sv.duration), ['1 minut', '2 timmar', '1 dygn']);
  assert.deepEqual([1, 12, 84120, 2e9].map(en.size), ['1 byte', '12 bytes', '84.1 kB', '2 GB']);
  const noon = new Date();
  noon.setHours(12, 0, 0, 0);
  const days = (count) => new Date(noon.getFullYear(), noon.getMonth(), noon.getDate() + count, 12);
  assert.equal(en.until(noon), '12:00 today');
  assert.equal(sv.until(days(1)), '12:00 i morgon');
  assert.match(en.until(days(3)), /^[A-Z][a-z]{2},? \d{1,2} [A-Z][a-z]{2,3},? (at )?12:00$/);
  assert.throws(() => en.t('no-such-key'));
  assert.throws(() => en.t('minutes', {}), 'a value that was forgotten');
});
