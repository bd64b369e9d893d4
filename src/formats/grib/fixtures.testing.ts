import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isLsioError } from '../../errors.js';

const DIRECTORY = path.resolve(import.meta.dirname, '../../../../shared/fixtures/grib');

/** Why real files can't be tested with; `undefined` when they can. */
export const noFixtures = existsSync(DIRECTORY) ? missingXz() : 'no ../shared/fixtures/grib';

function missingXz(): string | undefined {
  try {
    execFileSync('xz', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no xz';
  }
}

/** A file of the fixtures, uncompressed. */
export function fixture(name: string): Uint8Array {
  const plain = path.join(DIRECTORY, name);
  if (existsSync(`${plain}.xz`)) {
    return execFileSync('xz', ['-dc', `${plain}.xz`], { maxBuffer: 1 << 28 });
  }
  if (existsSync(`${plain}.gz`)) return gunzipSync(readFileSync(`${plain}.gz`));
  return readFileSync(plain);
}

/** Decodes, or says why the packing can't be read on this machine. */
export function decodedOrReason(decode: () => Float32Array): Float32Array | string {
  try {
    return decode();
  } catch (error) {
    if (!isLsioError(error, 'unavailable')) throw error;
    return `${error.message}: ${error.remedy}`;
  }
}

/** The name of a test, with the reason why it is skipped. */
export function named(name: string, reason: string | undefined): string {
  return reason === undefined ? name : `${name} (skipped: ${reason})`;
}

/** A directory that is removed by the returned function. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsio-grib-'));
  return { path: directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Real files: every message can be listed and, where `values` names a file of wgrib2, decoded. */
export const FIXTURES: readonly {
  readonly file: string;
  readonly fields: number;
  readonly values?: Record<string, string>;
}[] = [
  {
    file: '20240101000000-0h-oper-fc.grib2.0-10',
    fields: 10,
    values: { '1': 'ecmwf-realtime-oper-fc-0-le.bin' },
  },
  {
    file: '20250912120000-0h-oper-fc.grib2.89',
    fields: 1,
    values: { '1': 'ecmwf-realtime-oper-fc-89-le.bin' },
  },
  { file: '20260219T00Z_MSC_HRDPS_CAPE_Sfc_RLatLon0.0225_PT000H.grib2', fields: 1 },
  { file: 'CMC_RDPA_APCP-024-0100cutoff_SFC_0_ps10km_2023121806_000.grib2', fields: 2 },
  {
    file: 'CMC_glb_TMP_ISBL_1_latlon.24x.24_2021051800_P000.grib2',
    fields: 1,
    values: { '1': 'cmc-glb-wgrib2-le.bin' },
  },
  {
    file: 'MRMS_MergedRhoHV_19.00_20260219-042039.grib2',
    fields: 1,
    values: { '1': 'mrms-merged-rho-hv-wgrib2-le.bin' },
  },
  {
    file: 'MRMS_PrecipFlag_00.00_20260219-042400.grib2',
    fields: 1,
    values: { '1': 'mrms-precip-flag-wgrib2-le.bin' },
  },
  {
    file: 'MRMS_ReflectivityAtLowestAltitude_00.50_20230406-120039.grib2',
    fields: 1,
    values: { '1': 'mrms-reflectivity-wgrib2-le.bin' },
  },
  {
    file: 'Z__C_RJTD_20160822020000_NOWC_GPV_Ggis10km_Pphw10_FH0000-0100_grib2.bin',
    fields: 7,
    values: { '1.4': 'tornado-wgrib2-le.bin' },
  },
  {
    file: 'Z__C_RJTD_20170221120000_MSG_GPV_Gll0p5deg_Pys_B20170221120000_F2017022115-2017022212_grib2.bin',
    fields: 16,
    values: { '1.4': 'kousa-wgrib2-le.bin' },
  },
  {
    file: 'Z__C_RJTD_20190304000000_MSM_GUID_Rjp_P-all_FH03-39_Toorg_grib2.bin',
    fields: 45,
    values: { '1.1': 'msmguid-wgrib2-le.bin' },
  },
  {
    file: 'Z__C_RJTD_20190605000000_MEPS_GPV_Rjp_L-pall_FH00-15_grib2.bin.0-20',
    fields: 20,
    values: { '1.3': 'meps-wgrib2-le.bin' },
  },
  { file: 'ds.critfireo.bin', fields: 4, values: { '1': 'ds.critfireo.bin.0', '2': 'ds.critfireo.bin.1' } },
  { file: 'ds.minrh.bin', fields: 2, values: { '1': 'ds.minrh.bin.0' } },
  { file: 'gdas.t00z.sfluxgrbf000.grib2.0', fields: 1 },
  { file: 'gdas.t12z.pgrb2.0p25.f000.12', fields: 1, values: { '1': 'gdas-12-wgrib2-le.bin' } },
  { file: 'gdas.t12z.pgrb2.0p25.f000.46', fields: 1, values: { '1': 'gdas-46-wgrib2-le.bin' } },
  { file: 'icon_global_icosahedral_single-level_2021112018_000_TOT_PREC.grib2', fields: 1 },
  {
    file: 'wind_solar_ind_0.125_20240521_12Z.grib2.0',
    fields: 1,
    values: { '1': 'wind_solar_ind_0.125_20240521_12Z.wgrib2-le.bin' },
  },
];
