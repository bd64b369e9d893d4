"""Crops a channel with satpy, several times, each time after the file was evicted. Prints milliseconds as JSON."""
import json
import logging
import subprocess
import sys
import time
import warnings

warnings.simplefilter('ignore')
logging.disable(logging.CRITICAL)
from satpy import Scene

path, runs = sys.argv[1], int(sys.argv[2])
found = []
for _ in range(runs):
    subprocess.run(['dd', f'if={path}', 'iflag=nocache', 'count=0'], stderr=subprocess.DEVNULL, check=True)
    begin = time.perf_counter()
    scene = Scene(filenames=[path], reader='seviri_l1b_native')
    scene.load(['IR_108'])
    # Lines from the south, columns from the east: a lazy array, of which only this part is computed.
    values = scene['IR_108'][3712 - 672:3712 - 300, 3712 - 2114:3712 - 1500].values
    found.append((time.perf_counter() - begin) * 1000)
print(json.dumps({'ms': found, 'count': values.size}))
