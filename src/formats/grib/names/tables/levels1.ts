// long: a generated table. Made by scripts/make-grib-tables.js from libeccodes-data 2.28.0-1, gdal-data 3.6.2+dfsg-1.
// ECMWF's names of GRIB1 level types: name and number.
export const LEVEL_TYPES_ONE = `
surface 1
cloudBase 2
cloudTop 3
isothermZero 4
adiabaticCondensation 5
maxWind 6
tropopause 7
nominalTop 8
seaBottom 9
isobaricInhPa 100
isobaricInPa 210
isobaricLayer 101
meanSea 102
isobaricLayerHighPrecision 121
isobaricLayerMixedPrecision 141
heightAboveSea 103
heightAboveSeaLayer 104
heightAboveGroundHighPrecision 125
heightAboveGround 105
heightAboveGroundLayer 106
sigma 107
sigmaLayer 108
sigmaLayerHighPrecision 128
hybrid 109
hybridLayer 110
depthBelowLand 111
depthBelowLandLayer 112
theta 113
thetaLayer 114
pressureFromGround 115
pressureFromGroundLayer 116
potentialVorticity 117
depthBelowSea 160
entireAtmosphere 200
entireOcean 201
`;
