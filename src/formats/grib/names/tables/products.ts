// long: a generated table. Made by scripts/make-grib-tables.js from libeccodes-data 2.28.0-1, gdal-data 3.6.2+dfsg-1.
// The keys of product templates: parts, each `name:octets`, and which parts a template has.
export const PRODUCT_PARTS = `
parameter :1 :1
generating_process typeOfGeneratingProcess:1 :1 :1
forecast_time :2 :1 indicatorOfUnitOfTimeRange:1 forecastTime:-4
point_in_time 
horizontal typeOfFirstFixedSurface:1 scaleFactorOfFirstFixedSurface:-1 scaledValueOfFirstFixedSurface:4 typeOfSecondFixedSurface:1 scaleFactorOfSecondFixedSurface:-1 scaledValueOfSecondFixedSurface:4
eps typeOfEnsembleForecast:1 perturbationNumber:1 numberOfForecastsInEnsemble:1
derived derivedForecast:1 numberOfForecastsInEnsemble:1
rectangular_cluster :1 :1 :1 :1 :1 :4 :4 :4 :4 numberOfForecastsInTheCluster:1 :1 :4 :1 :4
eps_cluster [numberOfForecastsInTheCluster :1 ]
circular_cluster :1 :1 :1 :1 :1 :4 :4 :4 numberOfForecastsInTheCluster:1 :1 :4 :1 :4
probability forecastProbabilityNumber:1 totalNumberOfForecastProbabilities:1 probabilityType:1 scaleFactorOfLowerLimit:-1 scaledValueOfLowerLimit:-4 scaleFactorOfUpperLimit:-1 scaledValueOfUpperLimit:-4
percentile percentileValue:1
statistical yearOfEndOfOverallTimeInterval:2 :1 :1 :1 :1 :1 numberOfTimeRange:1 numberOfMissingInStatisticalProcess:4 [numberOfTimeRange typeOfStatisticalProcessing:1 typeOfTimeIncrement:1 indicatorOfUnitForTimeRange:1 lengthOfTimeRange:4 indicatorOfUnitForTimeIncrement:1 timeIncrement:4 ]
satellite_30 NB:1 numberOfContributingSpectralBands@NB [numberOfContributingSpectralBands satelliteSeries:2 satelliteNumber:2 instrumentType:1 :1 scaledValueOfCentralWaveNumber:4 ]
satellite NB:1 numberOfContributingSpectralBands@NB [numberOfContributingSpectralBands satelliteSeries:2 satelliteNumber:2 instrumentType:2 :1 scaledValueOfCentralWaveNumber:4 ]
chemical constituentType:2
aerosol constituentType:2 aerosolType@constituentType
aerosol_size typeOfSizeInterval:1 scaleFactorOfFirstSize:-1 scaledValueOfFirstSize:-4 scaleFactorOfSecondSize:-1 scaledValueOfSecondSize:-4
forecast_time_44 :2 :1 indicatorOfUnitOfTimeRange:1 forecastTime:-4
optical typeOfWavelengthInterval:1 scaleFactorOfFirstWavelength:-1 scaledValueOfFirstWavelength:-4 scaleFactorOfSecondWavelength:-1 scaledValueOfSecondWavelength:-4
categorical numberOfCategories:1 [numberOfCategories :1 :1 scaleFactorOfLowerLimit:1 scaledValueOfLowerLimit:4 scaleFactorOfUpperLimit:1 scaledValueOfUpperLimit:4 ]
partition :1 numberOfPartitions:1 [numberOfPartitions :2 ] :2
tile :1 :1 :1 :1 :1 :1
distribution :2 modeNumber:2 typeOfDistributionFunction:2 numberOfDistributionFunctionParameters:1 [numberOfDistributionFunctionParameters :-1 :4 ]
reforecast :2 :1 :1 :1 :1 :1
postproc :2 :2 :1
source sourceSinkChemicalPhysicalProcess:1
quantile :2 :2
localtime :1 numberOfForecastsUsedInLocalTime:1 [numberOfForecastsUsedInLocalTime :2 :1 :1 :1 :1 :1 :1 forecastTime:4 :1 indicatorOfUnitForTimeIncrement:1 timeIncrement:4 ]
localtime_statistical typeOfStatisticalProcessing:1 indicatorOfUnitForTimeRange:1 lengthOfTimeRange:4 :1
`;
export const PRODUCT_TEMPLATES = `
0 parameter generating_process forecast_time point_in_time horizontal
1 parameter generating_process forecast_time point_in_time horizontal eps
2 parameter generating_process forecast_time point_in_time horizontal derived
3 parameter generating_process forecast_time point_in_time horizontal derived rectangular_cluster eps_cluster
4 parameter generating_process forecast_time point_in_time horizontal derived circular_cluster eps_cluster
5 parameter generating_process forecast_time point_in_time horizontal probability
6 parameter generating_process forecast_time point_in_time horizontal percentile
7 parameter generating_process forecast_time point_in_time horizontal
8 parameter generating_process forecast_time horizontal statistical
9 parameter generating_process forecast_time horizontal probability statistical
10 parameter generating_process forecast_time horizontal percentile statistical
11 parameter generating_process forecast_time horizontal eps statistical
12 parameter generating_process forecast_time horizontal derived statistical
13 parameter generating_process forecast_time horizontal derived rectangular_cluster statistical eps_cluster
14 parameter generating_process forecast_time horizontal derived circular_cluster statistical eps_cluster
15 parameter generating_process forecast_time point_in_time horizontal {statisticalProcess:1 spatialProcessing:1 numberOfPointsUsed:1}
20 {:1 :1 typeOfGeneratingProcess:1 :1 indicatorOfUnitOfTimeRange:1 :4 :4 :2 :4 :2 :1 :1 :1 :1 :1 :2 :1 :3 :2}
30 parameter {typeOfGeneratingProcess:1 :1} satellite_30
31 parameter {typeOfGeneratingProcess:1 :1} satellite
32 parameter generating_process forecast_time point_in_time satellite
33 parameter generating_process forecast_time point_in_time satellite eps
34 parameter generating_process forecast_time point_in_time satellite eps statistical
35 parameter {typeOfGeneratingProcess:1 :1 :1} satellite
40 parameter chemical generating_process forecast_time point_in_time horizontal
41 parameter chemical generating_process forecast_time point_in_time horizontal eps
42 parameter chemical generating_process forecast_time horizontal statistical
43 parameter chemical generating_process forecast_time horizontal eps statistical
44 parameter aerosol aerosol_size generating_process forecast_time_44 point_in_time horizontal
45 parameter aerosol aerosol_size generating_process forecast_time point_in_time horizontal eps
46 parameter aerosol aerosol_size generating_process forecast_time horizontal statistical
47 parameter aerosol aerosol_size generating_process forecast_time horizontal eps statistical
48 parameter aerosol aerosol_size optical generating_process forecast_time point_in_time horizontal
49 parameter aerosol aerosol_size optical generating_process forecast_time point_in_time horizontal eps
51 parameter generating_process forecast_time point_in_time horizontal categorical
53 parameter partition generating_process forecast_time point_in_time horizontal
54 parameter partition generating_process forecast_time point_in_time horizontal eps
55 parameter tile generating_process forecast_time point_in_time horizontal
56 parameter tile generating_process forecast_time horizontal {perturbationNumber:1 numberOfForecastsInEnsemble:1}
57 parameter chemical distribution generating_process forecast_time point_in_time horizontal
58 parameter chemical distribution generating_process forecast_time point_in_time horizontal eps
59 parameter tile generating_process forecast_time point_in_time horizontal eps
60 parameter generating_process forecast_time point_in_time horizontal eps reforecast
61 parameter generating_process forecast_time horizontal eps reforecast statistical
67 parameter chemical distribution generating_process forecast_time horizontal statistical
68 parameter chemical distribution generating_process forecast_time horizontal eps statistical
70 parameter postproc generating_process forecast_time point_in_time horizontal
71 parameter postproc generating_process forecast_time point_in_time horizontal eps
72 parameter postproc generating_process forecast_time horizontal statistical
73 parameter postproc generating_process forecast_time horizontal eps statistical
76 parameter chemical source generating_process forecast_time point_in_time horizontal
77 parameter chemical source generating_process forecast_time point_in_time horizontal eps
78 parameter chemical source generating_process forecast_time horizontal statistical
79 parameter chemical source generating_process forecast_time horizontal eps statistical
80 parameter aerosol source aerosol_size optical generating_process forecast_time point_in_time horizontal
81 parameter aerosol source aerosol_size optical generating_process forecast_time point_in_time horizontal eps
82 parameter aerosol source aerosol_size generating_process forecast_time horizontal statistical
83 parameter aerosol source aerosol_size generating_process forecast_time horizontal eps statistical
84 parameter aerosol source aerosol_size generating_process forecast_time horizontal eps statistical
85 parameter aerosol aerosol_size generating_process forecast_time horizontal eps statistical
86 parameter generating_process forecast_time point_in_time horizontal quantile
87 parameter generating_process forecast_time horizontal quantile statistical
88 parameter generating_process horizontal localtime
91 parameter generating_process forecast_time horizontal categorical statistical
92 parameter generating_process horizontal eps localtime
93 parameter postproc generating_process horizontal localtime
94 parameter postproc generating_process horizontal eps localtime
95 parameter generating_process horizontal localtime_statistical localtime
96 parameter generating_process horizontal eps localtime_statistical localtime
97 parameter postproc generating_process horizontal localtime_statistical localtime
98 parameter postproc generating_process horizontal eps localtime_statistical localtime
311 parameter {typeOfGeneratingProcess:1 :1 NB:1 numberOfContributingSpectralBands@NB :1 [numberOfContributingSpectralBands satelliteSeries:2 satelliteNumber:2 instrumentType:2 :1 scaledValueOfCentralWaveNumber:4 ]}
103 parameter {typeOfWavePeriodInterval:1 :-1 :-4 :-1 :-4} generating_process forecast_time point_in_time horizontal
104 parameter {typeOfWavePeriodInterval:1 :-1 :-4 :-1 :-4} generating_process forecast_time point_in_time horizontal eps
`;
