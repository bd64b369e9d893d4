// long: a generated table. Made by scripts/make-grib-tables.js from libeccodes-data 2.28.0-1, gdal-data 3.6.2+dfsg-1.
// ECMWF's names of level types and their conditions.
export const LEVEL_TYPES = `
 surface,1=1,6=255
 entireAtmosphere,1=1,6=8
 entireOcean,1=1,6=9
 entireLake,1=1,6=162
 cloudBase,1=2,6=255
 cloudTop,1=3,6=255
 isothermZero,1=4,6=255
 adiabaticCondensation,1=5,6=255
 maxWind,1=6,6=255
 tropopause,1=7,6=255
 nominalTop,1=8,6=255
 seaBottom,1=9,6=255
 atmosphere,1=10,6=255
 mostUnstableParcel,1=17,6=255
 mixedLayerParcel,1=18,6=255
 isothermal,1=20,6=255
 isobaricInPa,1=100,6=255,17=Pa
 isobaricInhPa,1=100,17=hPa,6=255
 isobaricLayer,1=100,6=100
 meanSea,1=101,6=255
 heightAboveSea,1=102,6=255
 heightAboveSeaLayer,1=102,6=102
 heightAboveGround,1=103,6=255
 heightAboveGroundLayer,1=103,6=103
 sigma,1=104,6=255
 sigmaLayer,1=104,6=104
 hybrid,1=105,6=255
 hybridLayer,1=105,6=105
 depthBelowLand,1=106,6=255
 depthBelowLandLayer,1=106,6=106
 theta,1=107,6=255
 thetaLayer,1=107,6=107
 pressureFromGround,1=108,6=255
 pressureFromGroundLayer,1=108,6=108
 potentialVorticity,1=109,6=255
 eta,1=111,6=255
 snow,1=114,6=255
 snowLayer,1=114,6=114
 mixedLayerDepthGeneric,1=117,6=255
 hybridHeight,1=118,6=255
 hybridPressure,1=119,6=255
 generalVertical,18=1,1=150,19=6
 generalVerticalLayer,18=1,1=150,6=150,19=6
 soil,1=151,6=255
 soilLayer,1=151,6=151
 seaIce,1=152,6=255
 seaIceLayer,1=152,6=152
 depthBelowSea,1=160,6=255
 oceanSurface,1=160,8=0,7=0,6=255
 depthBelowSeaLayer,1=160,6=160
 oceanSurfaceToBottom,1=160,6=9
 lakeBottom,1=162,6=255
 mixingLayer,1=166,6=255
 oceanModel,1=168,6=255
 oceanModelLayer,1=168,6=168
 mixedLayerDepthByDensity,1=169,6=255
 mixedLayerDepthByTemperature,1=170,6=255
 mixedLayerDepthByDiffusivity,1=171,6=255
 snowTopOverIceOnWater,1=173,6=255
 snowLayerOverIceOnWater,1=173,6=175
 iceTopOnWater,1=174,6=255
 iceLayerOnWater,1=174,6=176
 iceTopUnderSnowOnWater,1=175,6=255
 iceLayerUnderSnowOnWater,1=175,6=176
 iceBottomOnWater,1=176,6=255
 indefiniteSoilDepth,1=177,6=255
7 atmosphereSingleLayer,1=200
7 oceanSingleLayer,1=201
7 highestTroposphericFreezing,1=204
7 gridScaleCloudBottom,1=206
7 gridScaleCloudTop,1=207
7 boundaryLayerCloudBottom,1=209
7 boundaryLayerCloudTop,1=210
7 boundaryLayerCloudLayer,1=211
7 lowCloudBottom,1=212
7 lowCloudTop,1=213
7 lowCloudLayer,1=214
7 cloudCeiling,1=215
7 planetaryBoundaryLayer,1=220
7 layerBetween2Hybrids,1=221
7 middleCloudBottom,1=222
7 middleCloudTop,1=223
7 middleCloudLayer,1=224
7 highCloudBottom,1=232
7 highCloudTop,1=233
7 highCloudLayer,1=234
7 oceanIsotherm,1=235
7 oceanMixedLayer,1=240
7 orderedSequenceData,1=241
7 convectiveCloudBottom,1=242
7 convectiveCloudTop,1=243
7 convectiveCloudLayer,1=244
7 lowestLevelWetBulb0,1=245
7 equilibrium,1=247
7 shallowConvectiveCloudBottom,1=248
7 shallowConvectiveCloudTop,1=249
7 deepConvectiveCloudBottom,1=251
7 deepConvectiveCloudTop,1=252
`;
