// Un modelo con la interfaz que anywidget da a `render`, sin Python detrás: los cambios se quedan en la página.

/** El modelo de `state`; lo que no está ahí se lee de `base`, si lo hay. */
export function memoryModel(state, base = null) {
  const listeners = new Map();
  const emit = (event, ...args) => {
    for (const callback of [...(listeners.get(event) ?? [])]) callback(...args);
  };
  const get = (name) => (name in state ? state[name] : base?.get(name));
  const model = {
    get,
    set(name, value) {
      const changes = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(changes).filter((key) => get(key) !== changes[key]);
      for (const key of changed) state[key] = changes[key];
      for (const key of changed) emit(`change:${key}`, model, state[key]);
      if (changed.length > 0) emit("change", model);
    },
    save_changes() {},
    send() {},
    on(events, callback) {
      for (const event of events.split(/\s+/)) {
        if (!listeners.has(event)) listeners.set(event, new Set());
        listeners.get(event).add(callback);
      }
    },
    off(events, callback) {
      for (const event of events ? events.split(/\s+/) : listeners.keys()) {
        if (callback) listeners.get(event)?.delete(callback);
        else listeners.delete(event);
      }
    },
  };
  return model;
}
