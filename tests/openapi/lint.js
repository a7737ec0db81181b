// lint.js FILE: prints what redocly finds wrong with an OpenAPI description, and
// fails where that is anything at all.
'use strict';

const { formatProblems, getTotals, lint, loadConfig } = require('@redocly/openapi-core');

async function main(file) {
    const config = await loadConfig({ configPath: `${__dirname}/redocly.yaml` });
    const problems = await lint({ ref: file, config });

    formatProblems(problems, { format: 'stylish', totals: getTotals(problems) });
    process.exitCode = problems.length > 0 ? 1 : 0;
}

main(process.argv[2]);
