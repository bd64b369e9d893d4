#!/usr/bin/env node
const { main } = require('../dist/bundle/main.js');

main(process.argv.slice(2));
