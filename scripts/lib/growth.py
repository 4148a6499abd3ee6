#!/usr/bin/env python3
"""How a store of recordings grows: reads lines `IMAGE DIGEST BYTES`, an image's bodies.

Prints `alone BYTES`, each image by itself; `shared BYTES`, each body once; `curve IMAGES BYTES`, means over random orders of
the images; `last BYTES`, what an image has that no other one has; `fit EXPONENT`, `at IMAGES LEAST FITTED MOST`; `line BYTES`.
The fit is BYTES = a * IMAGES ^ b (Heaps' law) over the second half of the curve; least and most are the 5th and 95th of the
same for 100 random four fifths of the images. The line goes on as steep as the curve ends: the mean curve bends down
everywhere, so that images of the same kind cannot take more.
"""
import collections
import math
import random
import sys

ORDERS = 200
ASKED = 10000

images, sizes = collections.defaultdict(set), {}
for line in sys.stdin:
    image, digest, size = line.split()
    images[image].add(digest)
    sizes[digest] = int(size)
names = sorted(images)
print("alone", sum(sizes[digest] for digests in images.values() for digest in digests))
print("shared", sum(sizes.values()))

draw = random.Random(1)


def curve_of(names, orders):
    """Bytes after one image, after two, and so on: means over random orders."""
    sums = [0] * len(names)
    for _ in range(orders):
        order, seen, total = draw.sample(names, len(names)), set(), 0
        for place, name in enumerate(order):
            total += sum(sizes[digest] for digest in images[name] - seen)
            seen |= images[name]
            sums[place] += total
    return [total / orders for total in sums]


count = len(names)
curve = curve_of(names, ORDERS)
for number in sorted({1, 2, 5, 10, 20, 30, 40, 50, 100, count}):
    if number <= count:
        print("curve", number, round(curve[number - 1]))


def fit(curve):
    points = [(math.log(i + 1), math.log(curve[i])) for i in range(len(curve) // 2, len(curve)) if curve[i]]
    mean = [sum(point[axis] for point in points) / len(points) for axis in (0, 1)]
    across = sum((x - mean[0]) ** 2 for x, _ in points)
    slope = sum((x - mean[0]) * (y - mean[1]) for x, y in points) / across if across else 1.0
    return slope, math.exp(mean[1] + slope * (math.log(ASKED) - mean[0]))


owners = collections.Counter(digest for digests in images.values() for digest in digests)
last = sum(sizes[digest] for digest, owned in owners.items() if owned == 1) / max(count, 1)
print("last", round(last))
if count >= 10:
    samples = [curve_of(draw.sample(names, count * 4 // 5), ORDERS // 10) for _ in range(100)]
    then = sorted(fit(sample)[1] for sample in samples)
    exponent, whole = fit(curve)
    print(f"fit {exponent:.2f}")
    print("at", ASKED, round(then[5]), round(whole), round(then[94]))
    print("line", round(sum(sizes.values()) + (ASKED - count) * last))
