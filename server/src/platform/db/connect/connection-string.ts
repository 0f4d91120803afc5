// The connection string of the settings, as the driver takes it.

/**
 * Gives `sslmode` the meaning that it has in libpq and in the strings of hosting providers: `require` encrypts without
 * verifying the certificate, unless `sslrootcert` names its authority. The driver alone takes it for `verify-full`, and warns
 * that this will change. `no-verify` is the driver's own, and stays.
 */
export function toConnectionString(url: string): string {
  const { searchParams } = new URL(url.replace(/^postgres(ql)?:/, 'http:'), 'http://localhost');
  const mode = searchParams.get('sslmode');
  if (mode === null || mode === 'no-verify' || searchParams.has('uselibpqcompat')) return url;
  return `${url}&uselibpqcompat=true`;
}

/** The parts of a connection string that may be shown: no password. */
export function placeOf(url: string): { host: string; port: string; database: string; user: string } {
  try {
    const { hostname, port, pathname, searchParams, username } = new URL(
      url.replace(/^postgres(ql)?:/, 'http:'),
    );
    return {
      host: decodeURIComponent(searchParams.get('host') ?? hostname),
      port: searchParams.get('port') ?? (port || '5432'),
      database: decodeURIComponent(pathname.slice(1)),
      user: decodeURIComponent(searchParams.get('user') ?? username),
    };
  } catch {
    // A socket without a host: postgres:///database?host=/run/postgresql
    return { host: 'its host', port: '5432', database: '', user: '' };
  }
}
