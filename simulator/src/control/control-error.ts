// What the control interface refuses. Not in Pinterest's form: it is ours, for people and tests.

export class ControlError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
  }
}
