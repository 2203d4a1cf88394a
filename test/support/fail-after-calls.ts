/** The context as a step sees it whose n-th call of any of its functions is done, and then throws: the effect is there, the answer is not. */
export function failAfterCalls<C>(context: C, calls: number): C {
  let made = 0;
  const called = (): void => {
    made += 1;
    if (made === calls) throw new Error(`call ${calls} of the step fails`);
  };
  return watched(context, called);
}

/** What the runner itself gives to a step is no part of the world. */
const ofRunner = new Set<PropertyKey>(["output", "report"]);

function watched<T>(target: T, called: () => void): T {
  // Signals, maps and the like insist on being themselves.
  if (Object.prototype.toString.call(target) !== "[object Object]") return target;
  return new Proxy(target as T & object, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== "function") return watched(value, called);
      const method = value.bind(object) as (...args: unknown[]) => unknown;
      return ofRunner.has(key) ? method : (...args: unknown[]) => after(method(...args), called);
    },
  });
}

function after(result: unknown, called: () => void): unknown {
  if (typeof (result as { then?: unknown } | undefined)?.then !== "function") {
    called();
    return result;
  }
  return (result as Promise<unknown>).then((value) => {
    called();
    return value;
  });
}
