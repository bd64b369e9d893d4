#!/usr/bin/env node
/*
 * Makes src/formats/grib/names/tables/ out of two Debian packages: libeccodes-data (ECMWF's names and the layout of
 * product templates, Apache-2.0) and gdal-data (the abbreviations that wgrib2 uses, MIT). Usage: make-grib-tables
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const DEFINITIONS = '/usr/share/eccodes/definitions';
const GDAL = '/usr/share/gdal';
const TARGET = fileURLToPath(new URL('../src/formats/grib/names/tables', import.meta.url));

/** Datasets of ecCodes that are not centres, and a centre whose names nobody else uses. */
const SKIPPED_LOCAL = new Set(['hydro', 'lfpw1', 'lssw']);
/** Only such keys of a template are used for names. */
const USED_KEYS = new Set(
  (
    'forecastTime indicatorOfUnitOfTimeRange typeOfEnsembleForecast perturbationNumber numberOfForecastsInEnsemble ' +
    'derivedForecast percentileValue probabilityType forecastProbabilityNumber totalNumberOfForecastProbabilities ' +
    'scaleFactorOfUpperLimit scaledValueOfUpperLimit yearOfEndOfOverallTimeInterval numberOfTimeRange typeOfTimeIncrement ' +
    'indicatorOfUnitForTimeIncrement timeIncrement numberOfMissingInStatisticalProcess typeOfStatisticalProcessing ' +
    'statisticalProcess spatialProcessing numberOfPointsUsed NB numberOfContributingSpectralBands ' +
    'numberOfForecastsInTheCluster numberOfCategories numberOfPartitions numberOfDistributionFunctionParameters ' +
    'numberOfForecastsUsedInLocalTime typeOfWavePeriodInterval'
  ).split(' '),
);

/** Templates of WMO's manual that the package of 2022 lacks: waves selected by their period. */
const WAVE_PERIODS = '{typeOfWavePeriodInterval:1 :-1 :-4 :-1 :-4}';
const NEWER_TEMPLATES = [
  `103 parameter ${WAVE_PERIODS} generating_process forecast_time point_in_time horizontal`,
  `104 parameter ${WAVE_PERIODS} generating_process forecast_time point_in_time horizontal eps`,
];

/** @param {string} text */
function withoutComments(text) {
  return text.replace(/#.*/g, '');
}

/** @param {string} file @returns {{ name: string, conditions: string[] }[]} */
function concepts(file) {
  const text = withoutComments(readFileSync(file, 'latin1'));
  return [...text.matchAll(/['"]([^'"]*)['"]\s*=\s*\{([^}]*)\}/g)].map(([, name = '', body = '']) => ({
    name,
    conditions: body
      .split(';')
      .map((condition) => condition.replace(/\s+/g, '').replace(/["']/g, ''))
      .filter((condition) => condition !== ''),
  }));
}

/** @param {string} condition @returns {[string, string]} */
function split(condition) {
  const at = condition.indexOf('=');
  return [condition.slice(0, at), condition.slice(at + 1)];
}

/** @type {string[]} */
const keys = [];

/** @param {string} key */
function keyIndex(key) {
  USED_KEYS.add(key);
  if (!keys.includes(key)) keys.push(key);
  return keys.indexOf(key).toString(36);
}

/** WMO's number of a centre, or the name of a dataset as it stands. @param {string} folder */
function originOf(folder) {
  const centres = readFileSync(`${DEFINITIONS}/common/c-11.table`, 'latin1');
  return new RegExp(`^(\\d+) ${folder} `, 'm').exec(centres)?.[1] ?? folder;
}

/** Names of GRIB2 parameters: a line for each origin, discipline and category. */
function parameterNames() {
  const folders = ['', ...readdirSync(`${DEFINITIONS}/grib2/localConcepts`).filter((name) => !SKIPPED_LOCAL.has(name))];
  /** @type {string[]} */
  const lines = [];
  for (const folder of folders) {
    const base = folder === '' ? `${DEFINITIONS}/grib2` : `${DEFINITIONS}/grib2/localConcepts/${folder}`;
    /** @type {Map<string, string[]>} */
    const groups = new Map();
    const names = concepts(`${base}/shortName.def`);
    const ids = concepts(`${base}/paramId.def`);
    for (const [i, { name, conditions }] of names.entries()) {
      if (name === '~' || name === '') continue;
      // Both files are made from one list, in one order.
      const same = ids[i]?.conditions.join(';') === conditions.join(';') ? ids[i]?.name : undefined;
      const found = same ?? ids.find((id) => id.conditions.join(';') === conditions.join(';'))?.name ?? '';
      const values = new Map(conditions.map(split));
      const group = `${values.get('discipline')}.${values.get('parameterCategory')}`;
      const number = values.get('parameterNumber') ?? '';
      for (const key of ['discipline', 'parameterCategory', 'parameterNumber']) values.delete(key);
      const rest = [...values].map(([key, value]) => `${keyIndex(key)}=${value}`);
      const entry = [number, name, found, ...rest].join(',');
      groups.set(group, [...(groups.get(group) ?? []), entry]);
    }
    for (const [group, entries] of groups) lines.push(`${originOf(folder)} ${group} ${entries.join(' ')}`);
  }
  return lines;
}

/** GRIB1 names: a line for each origin and table. */
function parameterNamesOne() {
  const folders = ['', ...readdirSync(`${DEFINITIONS}/grib1/localConcepts`)];
  /** @type {string[]} */
  const lines = [];
  for (const folder of folders) {
    const base = folder === '' ? `${DEFINITIONS}/grib1` : `${DEFINITIONS}/grib1/localConcepts/${folder}`;
    /** @type {Map<string, string[]>} */
    const groups = new Map();
    /** @type {{ name: string, conditions: string[] }[]} */
    let names;
    try {
      names = concepts(`${base}/shortName.def`);
    } catch {
      continue;
    }
    const ids = new Map(concepts(`${base}/paramId.def`).map(({ name, conditions }) => [conditions.join(';'), name]));
    for (const { name, conditions } of names) {
      const values = new Map(conditions.map(split));
      const table = values.get('table2Version');
      const parameter = values.get('indicatorOfParameter');
      // More conditions than these two tell levels and periods apart: the plain name serves.
      if (name === '~' || table === undefined || parameter === undefined || values.size !== 2) continue;
      groups.set(table, [
        ...(groups.get(table) ?? []),
        [parameter, name, ids.get(conditions.join(';')) ?? ''].join(','),
      ]);
    }
    for (const [table, entries] of groups) lines.push(`${originOf(folder)} ${table} ${entries.join(' ')}`);
  }
  return lines;
}

/** @param {string} file */
function levelTypes(file) {
  return concepts(file).map(({ name, conditions }) => {
    const rest = conditions.map(split).map(([key, value]) => `${keyIndex(key)}=${value}`);
    return [name, ...rest].join(',');
  });
}

/** The keys of a product template's parts, in order: `name:octets`, signed ones with `-`, lists in brackets. */
function productTemplates() {
  /** @type {Map<string, string>} */
  const blocks = new Map();
  /** @type {string[]} */
  const templates = [];
  const folder = `${DEFINITIONS}/grib2`;
  const numbers = readdirSync(folder)
    .map((name) => /^template\.4\.(\d+)\.def$/.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number)
    .filter((number) => number !== 254 && number < 1000)
    .sort((a, b) => a - b);
  for (const number of numbers) {
    const text = withoutComments(readFileSync(`${folder}/template.4.${number}.def`, 'latin1'));
    /** @type {string[]} */
    const parts = [];
    let own = '';
    const flush = () => {
      const keys = keysOf(own);
      if (keys !== '') parts.push(`{${keys}}`);
      own = '';
    };
    for (const line of text.split('\n')) {
      const included = /include "grib2\/template\.4\.(\w+)\.def"/.exec(line)?.[1];
      if (included === undefined) {
        own += `${line}\n`;
        continue;
      }
      flush();
      if (/^\d+$/.test(included)) {
        parts.push(templates.find((template) => template.startsWith(`${included} `))?.slice(included.length + 1) ?? '');
        continue;
      }
      if (!blocks.has(included)) {
        blocks.set(included, keysOf(withoutComments(readFileSync(`${folder}/template.4.${included}.def`, 'latin1'))));
      }
      parts.push(included);
    }
    flush();
    templates.push(`${number} ${parts.join(' ')}`);
  }
  for (const template of NEWER_TEMPLATES) {
    if (!templates.some((known) => known.startsWith(`${template.split(' ', 1)[0]} `))) templates.push(template);
  }
  return { blocks: [...blocks].map(([name, keys]) => `${name} ${keys}`), templates };
}

/** @param {string} text */
function keysOf(text) {
  /** @type {string[]} */
  const tokens = [];
  // Both branches of the only condition on a layout are the same key with two sizes; the reader decides.
  const flat = text.replace(/if \(\s*new\(\) \|\| \(section4Length[^{]*\{[^}]*\}\s*else\s*\{/, '{');
  const pattern =
    /(unsigned|signed|codetable|flags)\[(\d+)\]\s+(\w+)([^;]*);|(\w+) list\((\w+)\)\s*\{|(alias|constant|transient)\s+(\w+)\s*=\s*(\w+)\s*[;:]|ieeefloat (\w+)|(\})/g;
  let inList = false;
  for (const [, kind, octets, name, rest = '', , count, word, alias, of, float, close] of flat.matchAll(pattern)) {
    if (name !== undefined) {
      if (rest.includes('transient')) continue;
      tokens.push(`${USED_KEYS.has(name) ? name : ''}:${kind === 'signed' ? '-' : ''}${octets}`);
    } else if (count !== undefined) {
      tokens.push(`[${count}`);
      inList = true;
    } else if (float !== undefined) {
      tokens.push(':4');
    } else if (close !== undefined) {
      if (inList) tokens.push(']');
      inList = false;
    } else if (alias !== undefined && USED_KEYS.has(alias)) {
      if (word === 'alias') tokens.push(`${alias}@${of}`);
      else if (/^\d+$/.test(of ?? '')) tokens.push(`${alias}=${of}`);
    }
  }
  return tokens.join(' ');
}

/** The columns of a CSV file of GDAL, header and comments left out. @param {string} file */
function csv(file) {
  return readFileSync(`${GDAL}/${file}`, 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '' && !/^-\d/.test(line))
    .map((line) =>
      [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)|(?<=,)(?=,)/g)].map(([, quoted, plain]) =>
        (quoted ?? plain ?? '').replaceAll('""', '"'),
      ),
    );
}

/** The abbreviations of wgrib2: a line for each table, centre and category. */
function abbreviations() {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  /** @param {string} group @param {string[]} columns */
  function add(group, [number = '', short = '', name = '', unit = '']) {
    if (short === '' || /^(reserved|missing)/i.test(name)) return;
    const entry = [number, short, name.replace(/[|\n\\`]/g, ' '), unit === '-' ? '' : unit].join('|');
    groups.set(group, [...(groups.get(group) ?? []), entry.replaceAll('\t', ' ')]);
  }
  for (const file of readdirSync(GDAL).sort()) {
    const [, discipline, category] = /^grib2_table_4_2_(\d+)_(\d+)\.csv$/.exec(file) ?? [];
    if (discipline === undefined) continue;
    for (const columns of csv(file)) add(`* ${discipline}.${category}`, columns);
  }
  for (const [centre, subcentre, file = ''] of csv('grib2_table_4_2_local_index.csv')) {
    for (const [discipline, category, ...columns] of csv(file)) {
      add(`${centre}/${subcentre === '' ? '*' : subcentre} ${discipline}.${category}`, columns);
    }
  }
  return [...groups].map(([group, entries]) => `${group}\t${entries.join('\t')}`);
}

/** @param {string} name @param {string} what @param {string} body */
function write(name, what, body) {
  const versions = `libeccodes-data ${version('libeccodes-data')}, gdal-data ${version('gdal-data')}`;
  const head = `// long: a generated table. Made by scripts/make-grib-tables.js from ${versions}.\n// ${what}\n`;
  writeFileSync(path.join(TARGET, name), `${head}${body}`);
}

/** @param {string} debianPackage */
function version(debianPackage) {
  return execFileSync('dpkg-query', ['-W', '-f', `\${Version}`, debianPackage], { encoding: 'utf8' });
}

/** @param {string} name @param {readonly string[]} lines */
function table(name, lines) {
  return `export const ${name} = \`\n${lines.map((line) => line.replaceAll('\\', '\\\\').replaceAll('`', "'")).join('\n')}\n\`;\n`;
}

mkdirSync(TARGET, { recursive: true });
const names = parameterNames();
const levels = ['', ...readdirSync(`${DEFINITIONS}/grib2/localConcepts`)].flatMap((folder) => {
  const file = `${DEFINITIONS}/grib2/${folder === '' ? '' : `localConcepts/${folder}/`}typeOfLevelConcept.def`;
  return existsSync(file) ? levelTypes(file).map((line) => `${folder === '' ? '' : originOf(folder)} ${line}`) : [];
});
const { blocks, templates } = productTemplates();
write(
  'parameters.ts',
  "ECMWF's names of GRIB2 parameters: origin, discipline.category, then number,shortName,paramId and conditions.",
  `${table('CONDITION_KEYS', [keys.join(' ')])}${table('PARAMETERS', names)}`,
);
write('levels.ts', "ECMWF's names of level types and their conditions.", table('LEVEL_TYPES', levels));
write(
  'parameters1.ts',
  "ECMWF's names of GRIB1 parameters: origin, table, then parameter,shortName,paramId.",
  table('PARAMETERS_ONE', parameterNamesOne()),
);
write(
  'levels1.ts',
  "ECMWF's names of GRIB1 level types: name and number.",
  table(
    'LEVEL_TYPES_ONE',
    concepts(`${DEFINITIONS}/grib1/typeOfLevel.def`).flatMap(({ name, conditions }) =>
      conditions.length === 1 ? [`${name} ${split(conditions[0] ?? '')[1]}`] : [],
    ),
  ),
);
write(
  'products.ts',
  'The keys of product templates: parts, each `name:octets`, and which parts a template has.',
  `${table('PRODUCT_PARTS', blocks)}${table('PRODUCT_TEMPLATES', templates)}`,
);
write(
  'constituents.ts',
  "WMO's table 4.230, chemical and physical constituents: number and name.",
  table(
    'CONSTITUENTS',
    readFileSync(`${DEFINITIONS}/grib2/tables/28/4.233.table`, 'latin1')
      .split('\n')
      .map((line) => /^(\d+) \S+ (.*?)\s*(?:\([^()]*\))?$/.exec(line))
      .filter((match) => match !== null && !/reserved|^missing/i.test(match[2] ?? ''))
      .map((match) => `${match?.[1]} ${match?.[2]}`),
  ),
);
write(
  'centres.ts',
  'Codes of originating centres: number and code.',
  table('CENTRES', [
    readFileSync(`${DEFINITIONS}/common/c-11.table`, 'latin1')
      .split('\n')
      .map((line) => /^(\d+) ([a-z]\w*) /.exec(line))
      .filter((match) => match !== null)
      .map((match) => `${match?.[1]} ${match?.[2]}`)
      .join(','),
  ]),
);
write(
  'abbreviations.ts',
  "wgrib2's abbreviations, as GDAL has them: centre/subcentre, discipline.category, then number|abbreviation|name|unit.",
  table('ABBREVIATIONS', abbreviations()),
);
