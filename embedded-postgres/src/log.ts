// The log that the caller passes in, such as a pino logger.

interface LogLine {
  (message: string): void;
  (fields: object, message: string): void;
}

export interface Log {
  debug: LogLine;
  info: LogLine;
  warn: LogLine;
  error: LogLine;
}
