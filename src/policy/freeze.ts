/**
 * Freezes plain data all the way down, maps and sets included: adding to one throws, as changing a frozen object does.
 */
export function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const inner of value.values()) freezeDeep(inner);
    refuseChanges(value, ['set', 'delete', 'clear']);
  } else if (value instanceof Set) {
    refuseChanges(value, ['add', 'delete', 'clear']);
  } else {
    for (const inner of Object.values(value)) freezeDeep(inner);
  }
  return Object.freeze(value);
}

/** A frozen Map still takes entries, since they are not properties: its own methods have to refuse. */
function refuseChanges(collection: object, methods: readonly string[]): void {
  for (const method of methods) {
    Object.defineProperty(collection, method, {
      value: () => {
        throw new TypeError('A compiled policy does not change: compile the changed file.');
      },
    });
  }
}
