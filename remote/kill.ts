/** Shell text that ends a whole process group: asks first, so that clean-up traps run, and insists after two seconds. */
export function killLine(group: number): string {
  const asks = `kill -s TERM -- -${group} 2>/dev/null`;
  const waits = `for i in 1 2 3 4 5 6 7 8 9 10; do kill -s 0 -- -${group} 2>/dev/null || exit 0; sleep 0.2; done`;
  return `${asks}; ${waits}; kill -s KILL -- -${group} 2>/dev/null; exit 0`;
}
