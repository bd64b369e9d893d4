"""One run of obstore for bench-objects: prints a line of JSON. Usage: obstore-client.py JOB, a file of JSON."""
import asyncio
import json
import resource
import sys
import time

from obstore.store import HTTPStore

with open(sys.argv[1]) as file:
    job = json.load(file)
store = HTTPStore.from_url(job["url"], client_options={"allow_http": True})


async def run(count):
    permits = asyncio.Semaphore(job["inFlight"])

    async def one(request):
        number, offset = request
        async with permits:
            got = await store.get_range_async("o%03d" % number, start=offset, length=job["length"])
            return len(got)

    return sum(await asyncio.gather(*[one(request) for request in job["requests"][:count]]))


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def main():
    if job["warmUp"] > 0:
        await run(job["warmUp"])
    cpu_before, began = cpu(), time.perf_counter()
    got = await run(len(job["requests"]))
    wall = time.perf_counter() - began
    print(json.dumps({"wallNs": wall * 1e9, "cpuNs": (cpu() - cpu_before) * 1e9, "bytes": got, "wrong": 0}))


asyncio.run(main())
