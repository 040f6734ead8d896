// Does each payload in a folder that the sandbox recorded (SANDBOX_RECORD) fit Slack's own types? They are those of
// @slack/web-api for the arguments of methods, @slack/types for blocks and views, @slack/bolt for what is answered.
// usage: node types.mjs FOLDER

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = resolve(process.argv[2]);
const modules = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');

// Where Slack's documentation allows what its types do not: what is left out of the check, and why.
const EXCEPTIONS = [];

/** chat.postMessage → ChatPostMessageArguments */
function argumentsOf(method) {
  return `${method.split('.').map((part) => part[0].toUpperCase() + part.slice(1)).join('')}Arguments`;
}

const ANSWERS = { view_submission: 'ViewResponseAction', response_url: 'RespondArguments', command: 'RespondArguments' };

/** Each value with the type it has to fit. Lists of blocks stand alone as well: inside, any `type` at all would do. */
function expected({ what, payload }) {
  const found = [[ANSWERS[what] ?? argumentsOf(what), payload]];
  for (const blocks of [payload.blocks, payload.view?.blocks]) {
    if (blocks) {
      found.push(['KnownBlock[]', blocks]);
    }
  }
  if (payload.view) {
    found.push([payload.view.type === 'home' ? 'HomeView' : 'ModalView', payload.view]);
  }
  return found;
}

function without(exceptions, { what, payload }) {
  for (const { of, take } of exceptions) {
    if (of === what) {
      take(payload);
    }
  }
  return { what, payload };
}

const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json') && name.includes('-')).sort() : [];
if (files.length === 0) {
  console.error(`types: nothing was recorded in ${folder}`);
  process.exit(1);
}
const lines = [];
const origins = [];
const used = new Set();
for (const name of files) {
  const record = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  for (const [type, value] of expected(without(EXCEPTIONS, record))) {
    used.add(type.replace('[]', ''));
    // A literal: only there does the compiler refuse fields that the type does not have.
    lines.push(`export const _${lines.length}: ${type} = ${JSON.stringify(value)};`);
    origins.push({ name, test: record.test, type });
  }
}
const from = (module) => {
  const types = { '@slack/types': ['KnownBlock', 'ModalView', 'HomeView'], '@slack/bolt': ['ViewResponseAction', 'RespondArguments'] };
  const named = [...used].filter((type) => (types[module] ?? []).includes(type)
    || (module === '@slack/web-api' && !Object.values(types).flat().includes(type)));
  return `import type { ${named.join(', ')} } from '${module}';`;
};
const head = `${['@slack/types', '@slack/web-api', '@slack/bolt'].map(from).join(' ')}\n`;
writeFileSync(join(folder, 'check.ts'), head + lines.join('\n') + '\n');
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({
    compilerOptions: {
      strict: true, noEmit: true, skipLibCheck: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler',
      types: ['node'], typeRoots: [join(modules, '@types')], paths: { '*': [join(modules, '*')] },
    },
    files: ['check.ts'],
  }),
);

const begun = Date.now();
const tsc = spawnSync(process.execPath, [join(modules, 'typescript/bin/tsc'), '--pretty', 'false', '-p', folder], { encoding: 'utf8' });
let failed = tsc.status === 0 ? 0 : 1;
for (const line of (tsc.stdout + tsc.stderr).split('\n')) {
  const place = line.match(/^.*check\.ts\((\d+),/);
  const origin = place && origins[Number(place[1]) - 2];
  console.error(origin ? `types: ${origin.name} is no ${origin.type} (test: ${origin.test || 'unknown'})\n  ${line}` : line);
}
if (failed === 0) {
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  console.log(`types: ${files.length} payloads (${lines.length} checks) fit Slack's types, ${seconds} s`);
}
process.exit(failed);
