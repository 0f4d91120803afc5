// Run by `migrate` as a process of its own: prints the statements that make the library's tables, or that bring
// them from the version given up to date. They begin and commit a transaction themselves.
import { getConstructionPlans, getMigrationPlans } from 'pg-boss';
import { jobsSchema } from './job-tables.queries.ts';

const [from] = process.argv.slice(2);
process.stdout.write(from ? getMigrationPlans(jobsSchema, Number(from)) : getConstructionPlans(jobsSchema));
