"""One of Python's readers of bench-arrays: usage: reader.py zarr2|zarr|zarrs|tensorstore PATH

Reads commands as lines of JSON from stdin, and answers each with one. The output is touched before the first of them.
"""
import hashlib
import json
import resource
import sys
import time

import numpy as np

kind, path = sys.argv[1:3]
out = None


def open_array():
    if kind == 'tensorstore':
        import tensorstore as ts
        spec = {'driver': 'zarr3', 'kvstore': {'driver': 'file', 'path': path}}
        return ts.open(spec, open=True, read=True).result(), ts.__version__ if hasattr(ts, '__version__') else ''
    import zarr
    if kind == 'zarrs':
        zarr.config.set({'codec_pipeline.path': 'zarrs.ZarrsCodecPipeline'})
    if kind == 'zarr2':
        return zarr.open(path, mode='r'), zarr.__version__
    return zarr.open_array(path, mode='r'), zarr.__version__


array, version = open_array()
dtype = np.dtype(array.dtype.numpy_dtype) if kind == 'tensorstore' else array.dtype


def whole():
    if kind == 'tensorstore':
        import tensorstore as ts
        ts.array(out, copy=False).write(array).result()
    elif kind == 'zarr2':
        array.get_basic_selection(Ellipsis, out=out)
    else:
        from zarr.core.buffer import default_buffer_prototype
        array.get_basic_selection(Ellipsis, out=default_buffer_prototype().nd_buffer.from_numpy_array(out))


def crops(origins, size):
    where = [tuple(slice(o, o + size) for o in origin) for origin in origins]
    if kind == 'tensorstore':
        import tensorstore as ts
        with ts.Batch() as batch:
            futures = [ts.array(out[i], copy=False).write(array[w], batch=batch) for i, w in enumerate(where)]
        for future in futures:
            future.result()
    else:
        for i, w in enumerate(where):
            out[i] = array[w]


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


for line in sys.stdin:
    command = json.loads(line)
    if command['do'] == 'ready':
        shape = (len(command['origins']), *[command['size']] * 3) if command['what'] == 'crops' else array.shape
        out = np.ones(shape, dtype)
        answer = {'version': version}
    else:
        if command.get('hash'):
            out[...] = 1
        began, began_cpu = time.perf_counter(), cpu()
        whole() if command['what'] == 'whole' else crops(command['origins'], command['size'])
        answer = {'seconds': time.perf_counter() - began, 'cpuSeconds': cpu() - began_cpu}
        answer['memoryBytes'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if command.get('hash'):
            answer['sha1'] = hashlib.sha1(out).hexdigest()
    print(json.dumps(answer), flush=True)
