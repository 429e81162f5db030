/** Timing. A figure and its floor are always taken in turns, in one process, so that whatever slows the machine slows both. */

/** Microseconds that the fastest half of single calls stay under, for each of several things, measured in alternating blocks. */
export async function p50(things, { rounds = 12, calls = 150 } = {}) {
  const samples = things.map(() => []);
  for (const thing of things) for (let n = 0; n < calls; n++) await thing(n);
  for (let round = 0; round < rounds; round++) {
    for (const [at, thing] of things.entries()) {
      for (let n = 0; n < calls; n++) {
        const start = process.hrtime.bigint();
        await thing(round * calls + n);
        samples[at].push(Number(process.hrtime.bigint() - start) / 1000);
      }
    }
  }
  return samples.map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]);
}

/** Calls per second with so many clients at once, for each of several things, in alternating blocks; the median block counts. */
export async function throughput(things, clients, { rounds = 5, seconds = 1 } = {}) {
  const rates = things.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [at, thing] of things.entries()) {
      let done = 0;
      const start = performance.now();
      const end = start + seconds * 1000;
      await Promise.all(
        Array.from({ length: clients }, async (_, client) => {
          for (let n = client; performance.now() < end; n += clients) {
            await thing(n);
            done++;
          }
        }),
      );
      // The first round warms plans and caches.
      if (round > 0) rates[at].push((done * 1000) / (performance.now() - start));
    }
  }
  return rates.map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]);
}

/** Calls per second of something synchronous. */
export function rate(thing, { seconds = 1 } = {}) {
  for (let n = 0; n < 2_000; n++) thing(n);
  let done = 0;
  const start = performance.now();
  while (performance.now() - start < seconds * 1000) {
    for (let n = 0; n < 500; n++) thing(done + n);
    done += 500;
  }
  return (done * 1000) / (performance.now() - start);
}
