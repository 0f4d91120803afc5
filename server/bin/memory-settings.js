// How memory is used by what runs here: large pictures pass through. Both must be known before a process begins.
// Plain JavaScript, as pintail.js is.

/**
 * For glibc, which otherwise keeps what each of its threads once held: with 200 pictures at once 370 to 430 MB instead
 * of 250 to 320.
 */
export const memoryEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };

/**
 * V8's young generation stays small. With 2 a create takes a fifth more of the processor, and an idle server 5 MB less
 * memory; with 8 it is a tenth less, and 10 MB more.
 */
export const memoryArguments = ['--max-semi-space-size=4'];
