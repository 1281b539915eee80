// @ts-check
/**
 * Stretching a passphrase in a worker, so that the page stays alive. The worker's address is the one
 * script address that this program may make.
 */

const url = new URL('./envelope/argon2-worker.js', import.meta.url).href;

/** @type {{ createPolicy: (name: string, rules: object) => { createScriptURL: (url: string) => string } }|undefined} */
const factory = /** @type {any} */ (globalThis).trustedTypes;
const policy = factory?.createPolicy('sigill-worker', {
  /** @param {string} asked */
  createScriptURL(asked) {
    if (asked !== url) throw new TypeError('not our worker');
    return asked;
  },
});

/** @type {import('./envelope/keys.js').Stretch} */
export function stretch(work) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(policy?.createScriptURL(url) ?? url, { type: 'module' });
    const failed = () => reject(new DOMException('no Argon2id here', 'OperationError'));
    worker.addEventListener('message', (event) => {
      worker.terminate();
      if (event.data) resolve(event.data);
      else failed();
    });
    worker.addEventListener('error', () => {
      worker.terminate();
      failed();
    });
    worker.postMessage(work);
  });
}
