/** The suite and the inspector, installed from a lock file of their own, beside the checkout's packages and apart from them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MANIFESTS = fileURLToPath(new URL('clients/', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/ringfence-conformance/', import.meta.url));

export interface Clients {
  /** The program of the conformance suite. */
  readonly suite: string;
  /** The program of the MCP inspector. */
  readonly inspector: string;
}

/** Installs them, unless the very same are there. */
export async function installClients(say: (step: string) => void): Promise<Clients> {
  const lock = await readFile(join(MANIFESTS, 'package-lock.json'), 'utf8');
  const installed = await readFile(join(FOLDER, 'installed-lock.json'), 'utf8').catch(() => '');
  if (installed !== lock) {
    say('Installing the conformance suite and the MCP inspector');
    await mkdir(FOLDER, { recursive: true });
    for (const name of ['package.json', 'package-lock.json'])
      await copyFile(join(MANIFESTS, name), join(FOLDER, name));
    const npm = spawn('npm', ['ci', '--silent'], { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = await once(npm, 'close');
    if (code !== 0) throw new Error('The conformance suite could not be installed.');
    await copyFile(join(FOLDER, 'package-lock.json'), join(FOLDER, 'installed-lock.json'));
  }
  return {
    suite: await program('@modelcontextprotocol/conformance', 'conformance'),
    inspector: await program('@modelcontextprotocol/inspector', 'mcp-inspector'),
  };
}

async function program(name: string, bin: string): Promise<string> {
  const folder = join(FOLDER, 'node_modules', name);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  return join(folder, manifest.bin[bin] ?? bin);
}
