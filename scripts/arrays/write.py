"""Writes the arrays of bench-arrays, and says what their elements are: usage: write.py DIR ELEMENTS_LOG2 ORIGINS.json

Needs numpy and numcodecs (Debian: python3-numpy python3-numcodecs). Every layout is written as Zarr v3; those without shards
are also seen as Zarr v2, through links. DIR/expected.json, written last, holds the SHA-1 of the whole arrays and of the crops.
"""
import hashlib
import itertools
import json
import os
import sys

import numpy as np
from numcodecs import Blosc, Zstd

root, origins = sys.argv[1], json.load(open(sys.argv[3]))
SHAPE = {29: (1024, 1024, 512), 27: (512, 512, 512), 24: (256, 256, 256)}[int(sys.argv[2])]
STEPS = {29: 128, 27: 32, 24: 4}[int(sys.argv[2])]
CROP = 64
LZ4 = Blosc(cname='lz4', clevel=5, shuffle=Blosc.SHUFFLE)
ZSTD = Zstd(level=1)
V3_BLOSC = {'name': 'blosc', 'configuration': {'cname': 'lz4', 'clevel': 5, 'shuffle': 'shuffle', 'blocksize': 0}}
BYTES = {'name': 'bytes', 'configuration': {'endian': 'little'}}
LAYOUTS = {
    'raw-64': (64, None, [BYTES], None),
    'raw-32': (32, None, [BYTES], None),
    'lz4-64': (64, LZ4, [BYTES, V3_BLOSC], None),
    'lz4-32': (32, LZ4, [BYTES, V3_BLOSC], None),
    'zstd-64': (64, ZSTD, [BYTES, {'name': 'zstd', 'configuration': {'level': 1, 'checksum': False}}], None),
    'sharded-32': (32, LZ4, [BYTES, V3_BLOSC], 256),
}


def volume():
    """Smooth, with noise in the lowest bits: like a microscope's image."""
    z, y, x = (np.arange(n, dtype='u4') for n in SHAPE)
    smooth = [(3000 + 2000 * np.sin(a / s)).astype('u2') for a, s in ((z, 40), (y, 55), (x, 70))]
    data = smooth[0][:, None, None] + smooth[1][None, :, None] + smooth[2][None, None, :]
    noise = np.random.default_rng(1).integers(0, 24, 2**20 + SHAPE[2], dtype='u2')
    for i in range(SHAPE[0]):
        for j in range(SHAPE[1]):
            start = (i * 7919 + j * 104729) % 2**20
            data[i, j] += noise[start:start + SHAPE[2]]
    return data


def era():
    rng = np.random.default_rng(2)
    lat, lon = np.linspace(90, -90, 721)[:, None], np.linspace(0, 2 * np.pi, 1440, endpoint=False)[None]
    base = 288 - 40 * np.sin(np.radians(lat)) ** 2 + 5 * np.cos(3 * lon)
    # Packed as GRIB packs it: steps of 1/64 K.
    return np.stack([np.round((base + t % 24 + rng.normal(0, 1, base.shape)) * 64) / 64 for t in range(STEPS)]).astype('f4')


TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 255]
    return (value ^ 0xFFFFFFFF).to_bytes(4, 'little')


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(data)


def encoded(compressor, chunk):
    chunk = np.ascontiguousarray(chunk)
    return chunk.tobytes() if compressor is None else bytes(compressor.encode(chunk))


def blocks(shape, sizes):
    for place in itertools.product(*(range(-(-n // s)) for n, s in zip(shape, sizes))):
        yield place, tuple(slice(p * s, (p + 1) * s) for p, s in zip(place, sizes))


def write(name, data, sizes, compressor, codecs, shard):
    path = f'{root}/v3/{name}'
    grid = tuple(sizes) if shard is None else (shard,) * 3
    if shard is not None:
        index = [BYTES, {'name': 'crc32c'}]
        inner = {'chunk_shape': sizes, 'codecs': codecs, 'index_codecs': index, 'index_location': 'end'}
        codecs = [{'name': 'sharding_indexed', 'configuration': inner}]
    for codec in codecs if shard is None else codecs[0]['configuration']['codecs']:
        if codec['name'] == 'blosc':
            codec['configuration']['typesize'] = data.dtype.itemsize
    metadata = {
        'zarr_format': 3, 'node_type': 'array', 'shape': data.shape, 'data_type': data.dtype.name, 'fill_value': 0,
        'chunk_grid': {'name': 'regular', 'configuration': {'chunk_shape': grid}},
        'chunk_key_encoding': {'name': 'default', 'configuration': {'separator': '/'}},
        'codecs': codecs, 'attributes': {},
    }
    for place, where in blocks(data.shape, grid):
        block, parts, entries, at = data[where], [], [], 0
        if shard is None:
            parts.append(encoded(compressor, block))
        else:
            for _, inside in blocks(block.shape, sizes):
                parts.append(encoded(compressor, block[inside]))
                entries += [at, len(parts[-1])]
                at += len(parts[-1])
            table = np.array(entries, '<u8').tobytes()
            parts += [table, crc32c(table)]
        put(f'{path}/c/{"/".join(map(str, place))}', b''.join(parts))
    put(f'{path}/zarr.json', json.dumps(metadata).encode())
    if shard is not None:
        return
    compressor = compressor and compressor.get_config()
    v2 = {
        'zarr_format': 2, 'shape': data.shape, 'chunks': sizes, 'dtype': data.dtype.str, 'fill_value': 0, 'order': 'C',
        'filters': None, 'compressor': compressor, 'dimension_separator': '/',
    }
    put(f'{root}/v2/{name}/.zarray', json.dumps(v2).encode())
    for first in os.listdir(f'{path}/c'):
        os.symlink(f'../../v3/{name}/c/{first}', f'{root}/v2/{name}/{first}')


def sha1(data):
    return hashlib.sha1(np.ascontiguousarray(data)).hexdigest()


data = volume()
expected = {
    'shape': SHAPE,
    'volume': sha1(data),
    'crops': sha1(np.stack([data[tuple(slice(o, o + CROP) for o in origin)] for origin in origins])),
}
for name, (side, compressor, codecs, shard) in LAYOUTS.items():
    write(name, data, [side] * 3, compressor, json.loads(json.dumps(codecs)), shard)
data = era()
expected['era'] = sha1(data)
expected['eraShape'] = data.shape
write('era-lz4', data, [1, 721, 1440], LZ4, json.loads(json.dumps([BYTES, V3_BLOSC])), None)
put(f'{root}/expected.json', json.dumps(expected).encode())
