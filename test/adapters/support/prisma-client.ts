/** Generates Prisma's client for a schema, as `npx prisma generate` does, without a network. */
import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { uniqueName } from '../../support/unique-name.js';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder that it is generated in; the client is `generated/client.ts` there. */
export async function generatePrisma(models: string): Promise<string> {
  const folder = join(inject('runDirectory'), uniqueName('prisma'));
  await mkdir(folder);
  await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(folder, 'schema.prisma'),
    `generator client {
  provider = "prisma-client"
  output   = "./generated"
}
datasource db {
  provider = "postgresql"
}
${models}`,
  );
  const cli = join(checkout, 'node_modules/prisma/build/index.js');
  await promisify(execFile)(process.execPath, [cli, 'generate', '--schema', 'schema.prisma'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      // The engine for migrations is not used to generate, and would be fetched.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    },
  });
  return folder;
}
