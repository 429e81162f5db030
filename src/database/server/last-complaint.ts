/** The last thing that PostgreSQL complained of, without its prefix. */
export function lastComplaint(output: string): string {
  const complaints = output.split('\n').filter((line) => /\b(FATAL|PANIC|ERROR|error):/.test(line));
  const last = complaints.at(-1) ?? output.trim().split('\n').at(-1) ?? '';
  return last.replace(/^.*?\b(?:FATAL|PANIC|ERROR|error):\s*/, '');
}
