// A program that `migrate` runs as a separate process. Prints the statements that create the library's tables, or
// upgrade them from the version in its argument. The statements include `begin` and `commit`.
import { getConstructionPlans, getMigrationPlans } from 'pg-boss';
import { jobsSchema } from './job-tables.queries.ts';

const [from] = process.argv.slice(2);
process.stdout.write(from ? getMigrationPlans(jobsSchema, Number(from)) : getConstructionPlans(jobsSchema));
