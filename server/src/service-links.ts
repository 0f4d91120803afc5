// Ignores the variables that Kubernetes (and Docker links) inject into every container for each Service of the
// namespace. A Service named `pintail`, `worker` or `simulator` produces names that look like settings: PINTAIL_PORT,
// WORKER_PORT.

/**
 * Returns true if a variable describes a Service: `X_SERVICE_HOST`, `X_SERVICE_PORT` with or without the name of a
 * port, `X_PORT=tcp://…`, and `X_PORT_8787_TCP` with its parts.
 */
export function isServiceLink(name: string, value: string | undefined): boolean {
  return (
    /^[A-Z]\w*_SERVICE_(HOST|PORT(_\w+)?)$/.test(name) ||
    /^[A-Z]\w*_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (/^[A-Z]\w*_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value ?? ''))
  );
}

/** Returns the environment without these variables. */
export function withoutServiceLinks(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name, value]) => !isServiceLink(name, value)));
}
