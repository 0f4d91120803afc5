// Memory settings for a process that decodes large images. They must be set before it starts.
// Plain JavaScript, as pintail.js.

/**
 * glibc otherwise retains the memory that its threads have freed: with 200 images at once, 370 to 430 MB instead of 250
 * to 320.
 */
export const memoryEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };

/**
 * A small young generation of V8. With 2, a create uses 20 % more CPU, and an idle server 5 MB less memory; with 8, a
 * create uses 10 % less CPU, and an idle server 10 MB more.
 */
export const memoryArguments = ['--max-semi-space-size=4'];
