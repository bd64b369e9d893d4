// long: a generated table. Made by scripts/make-grib-tables.js from libeccodes-data 2.28.0-1, gdal-data 3.6.2+dfsg-1.
// Codes of originating centres: number and code.
export const CENTRES = `
1 ammc,4 rums,7 kwbc,24 fapr,28 vabb,29 dems,34 rjtd,38 babj,40 rksl,41 sabm,46 sbsj,54 cwao,58 fnmo,69 nzkl,74 egrr,78 edzw,80 cnmc,82 eswi,84 lfpw,85 lfpw,86 efkl,88 enmi,94 ekmi,98 ecmf,173 nasa,195 wiix,204 niwa,214 lemm,215 lssw,218 habp,224 lowm,227 ebum,233 eidb,235 ingv,239 crfc,244 vuwien,245 knmi,246 ifmk,247 hadc,250 cosmo,252 mpim,254 eums,255 consensus,291 anso,292 ufz
`;
