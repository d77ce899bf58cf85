#!/usr/bin/env python3
"""Draws the little streets of recipes/toy-scenes, and beside each its labels: what stands in classes.txt, by number.

    draw.py FOLDER [SEED]       FOLDER/{train,test}/*.png in colour, FOLDER/{train,test}-labels/*.png in grey

Sizes are in metres: x to the right of the camera, y above the ground, z ahead. What is far is painted first, on 3 x 3 points a pixel;
a pixel has their mean colour, and the label that two thirds of them agree on, or none. Colour alone does not tell what a thing is:
houses, cars and clothes are of the same paints, roads and pavements of the same greys, and the sky lends its colours to some.

The standard library alone; of random numbers only random(), and no sine, so that every Python draws the same pixels."""
import os, random, struct, sys, zlib

WIDTH, HEIGHT, FINE = 96, 72, 3
SKY, BUILDING, ROAD, PAVEMENT, TREE, CAR, PERSON, UNLABELLED = range(8)
FOCAL = 80      # pixels
AGREE = 6       # points of nine
FAR = 80

# ---- Files ----

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

def paeth(line, above, n):
    """What is left of a line when each byte is guessed by its neighbours, n bytes a pixel."""
    left, corner = bytes(n) + line[:-n], bytes(n) + above[:-n]
    out = bytearray([4])
    for x, a, b, c in zip(line, left, above, corner):
        pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
        out.append((x - (a if pa <= pb and pa <= pc else b if pb <= pc else c)) & 255)
    return bytes(out)

def png(path, rows, n):
    """Rows of WIDTH pixels of n bytes: 1 grey, 3 colour."""
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2 if n == 3 else 0, 0, 0, 0)
    lines = [paeth(row, above, n) if n == 3 else b"\0" + row for row, above in zip(rows, [bytes(n * WIDTH)] + rows)]
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(lines), 9)) + chunk(b"IEND", b""))

# ---- Chance and colours ----

class Chance:
    def __init__(self, seed):
        self.random = random.Random(seed).random

    def between(self, a, b):
        return a + (b - a) * self.random()

    def one_of(self, things):
        return things[int(self.random() * len(things))]

    def often(self, probability):
        return self.random() < probability

def mix(a, b, t):
    return tuple(x + (y - x) * t for x, y in zip(a, b))

def times(colour, by):
    return tuple(min(255, x * by) for x in colour)

PAINTS = [(176, 82, 62), (206, 170, 120), (150, 150, 152), (226, 214, 190), (120, 150, 190), (122, 144, 112), (196, 196, 200), (90, 92, 100),
          (208, 140, 110), (236, 232, 226), (140, 60, 54), (96, 120, 160), (214, 184, 96), (168, 190, 214), (110, 104, 98)]
ROOFS = [(150, 70, 52), (92, 92, 102), (116, 80, 64), (70, 76, 88), (172, 96, 66), (120, 126, 132)]
CROWNS = [(70, 122, 52), (92, 140, 60), (52, 98, 58), (120, 142, 62), (186, 122, 50), (176, 86, 56), (206, 164, 170), (96, 112, 86)]
SKIN = [(232, 190, 160), (196, 144, 108), (140, 94, 68), (96, 64, 50)]
# of the sky above and at the horizon, of clouds, and what the light does to everything else
HOURS = [((84, 140, 214), (190, 216, 238), (248, 248, 250), (1.0, 1.0, 0.98)), ((120, 168, 220), (214, 226, 234), (250, 250, 250), (1.04, 1.02, 0.98)),
         ((150, 158, 168), (206, 208, 210), (186, 190, 196), (0.84, 0.87, 0.9)), ((176, 182, 186), (222, 222, 218), (204, 206, 208), (0.92, 0.93, 0.93)),
         ((112, 122, 180), (246, 190, 140), (250, 208, 176), (1.02, 0.86, 0.74)), ((66, 72, 124), (206, 140, 142), (170, 130, 150), (0.7, 0.66, 0.76))]

# ---- Paint ----

HALF = 0b11111111 | 0b11111111 << 20 | 0b11111111 << 40

def packed(colour):
    r, g, b = (int(max(0, min(255, x))) for x in colour)
    return r | g << 20 | b << 40

class Canvas:
    """3 x 3 points a pixel; places are in pixels. A colour may be a function of the place down the picture, or "shadow"."""

    def __init__(self):
        self.colours = [[0] * (WIDTH * FINE) for _ in range(HEIGHT * FINE)]
        self.labels = [bytearray(WIDTH * FINE) for _ in range(HEIGHT * FINE)]

    def span(self, row, left, right, colour, label):
        first = max(0, int(left * FINE + 0.5))
        end = min(WIDTH * FINE, int(right * FINE + 0.5)) if right > 0 else 0
        if end <= first:
            return
        if colour == "shadow": # five eighths of what is there
            self.colours[row][first:end] = [(c * 5 >> 3) & HALF for c in self.colours[row][first:end]]
            return
        if callable(colour):
            colour = colour((row + 0.5) / FINE)
        self.colours[row][first:end] = [packed(colour)] * (end - first)
        self.labels[row][first:end] = bytes([label]) * (end - first)

    def rows(self, top, bottom):
        return range(max(0, int(top * FINE)), min(HEIGHT * FINE, int(max(bottom, 0) * FINE) + 1))

    def polygon(self, points, colour, label=None):
        for row in self.rows(min(y for _, y in points), max(y for _, y in points)):
            y, crossed = (row + 0.5) / FINE, []
            for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
                if (ay <= y) != (by <= y):
                    crossed.append(ax + (bx - ax) * (y - ay) / (by - ay))
            crossed.sort()
            for left, right in zip(crossed[::2], crossed[1::2]):
                self.span(row, left, right, colour, label)

    def ellipse(self, x, y, across, down, colour, label=None):
        for row in self.rows(y - down, y + down):
            t = ((row + 0.5) / FINE - y) / down
            if t * t < 1:
                half = across * (1 - t * t) ** 0.5
                self.span(row, x - half, x + half, colour, label)

    def picture(self, chance, noise):
        """Rows of colours, with noise in all alike and a little in each, and rows of labels."""
        seen, truth = [], []
        for y in range(0, HEIGHT * FINE, FINE):
            line, names = bytearray(), bytearray()
            parts = [row[i::FINE] for row in self.colours[y:y + FINE] for i in range(FINE)]
            for total in map(sum, zip(*parts)):
                grain = noise * (chance() + chance() - 1)
                for c in (total & 0xFFFFF, total >> 20 & 0xFFFFF, total >> 40):
                    line.append(max(0, min(255, int(c / 9 + grain + noise * (chance() - 0.5)))))
            for points in map(bytes, zip(*(row[i::FINE] for row in self.labels[y:y + FINE] for i in range(FINE)))):
                most = max(points, key=points.count)
                names.append(most if points.count(most) >= AGREE else UNLABELLED)
            seen.append(bytes(line))
            truth.append(bytes(names))
        return seen, truth

# ---- A street ----

class Street:
    def __init__(self, seed):
        self.chance = chance = Chance(seed)
        self.canvas = Canvas()
        self.top, self.haze, self.cloud, self.light = chance.one_of(HOURS)
        self.horizon = chance.between(30, 40)
        self.vanishing = chance.between(32, 64)
        self.eye = chance.between(2.5, 3.4)
        self.road = chance.between(3.2, 4.6)       # to each side
        self.middle = chance.between(-1.6, 1.6)    # of the road
        self.path = chance.between(2.0, 3.4)       # the width of a pavement
        self.sun = chance.one_of([-1, 1])          # walls that look there are light
        self.is_dusk = sum(self.light) < 2.2
        self.taken = []                            # by cars and people: (x, z, half the width, half the length)

    def is_free(self, x, z, across, along):
        return all(abs(x - tx) > across + ta or abs(z - tz) > along + tl for tx, tz, ta, tl in self.taken)

    def at(self, x, y, z):
        return self.vanishing + FOCAL * x / z, self.horizon + FOCAL * (self.eye - y) / z

    def seen(self, colour, z):
        return mix(tuple(min(255, c * l) for c, l in zip(colour, self.light)), self.haze, 0.75 * z / (z + 60))

    def wall(self, corners, colour, label):
        """A polygon of (x, y, z), in the haze of its nearest corner."""
        if not callable(colour) and colour != "shadow":
            colour = self.seen(colour, min(z for _, _, z in corners))
        self.canvas.polygon([self.at(*c) for c in corners], colour, label)

    def draw(self):
        self.sky()
        self.ground()
        things = self.far_away() + self.houses() + self.trees() + self.traffic() + self.people()
        for _, thing, *how in sorted(things, key=lambda t: -t[0]):
            thing(*how)
        return self.canvas.picture(self.chance.random, self.chance.between(2, 6))

    def sky(self):
        chance, canvas = self.chance, self.canvas
        canvas.polygon([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], lambda y: mix(self.top, self.haze, min(1, y / self.horizon)), SKY)
        for _ in range(int(chance.between(1, 5))):
            x, y, size = chance.between(0, WIDTH), chance.between(2, self.horizon * 0.6), chance.between(4, 9)
            puffs = [(x + chance.between(-1.6, 1.6) * size, y + chance.between(-0.25, 0.2) * size, chance.between(0.35, 0.8) * size)
                     for _ in range(7)]
            for way, dark in ((0.18, 0.5), (0, 0)): # beneath, then above
                for px, py, s in puffs:
                    canvas.ellipse(px, py + way * s, s, 0.55 * s, mix(self.cloud, mix(self.top, self.haze, 0.5), dark), SKY)

    def ground(self):
        chance = self.chance
        grey = chance.between(78, 150)
        tint = chance.one_of([(1, 1, 1.04), (1.03, 1, 0.95), (1, 1, 1)])
        asphalt = tuple(grey * t for t in tint)
        stone = times(chance.one_of([asphalt, asphalt, (176, 170, 162), (150, 138, 128)]), chance.between(0.88, 1.18))
        depth = lambda y: FOCAL * self.eye / max(0.5, y - self.horizon)
        left, right, outer = self.middle - self.road, self.middle + self.road, 60

        def paved(y): # slabs across
            z = depth(y)
            return self.seen(times(stone, 0.9 if z < 25 and z * 0.8 % 1 < 0.12 else 1), min(z, FAR))

        self.wall([(-outer, 0, 2), (outer, 0, 2), (outer, 0, FAR), (-outer, 0, FAR)], paved, PAVEMENT)
        self.wall([(left, 0, 2), (right, 0, 2), (right, 0, FAR), (left, 0, FAR)], lambda y: self.seen(asphalt, min(depth(y), FAR)), ROAD)
        for _ in range(int(chance.between(0, 5))): # where it was mended
            x, z, w = chance.between(left + 1, right - 1), chance.between(4, 16), chance.between(0.4, 1.0)
            self.wall([(x - w, 0, z), (x + w, 0, z), (x + w, 0, z + 2 * w), (x - w, 0, z + 2 * w)], times(asphalt, chance.between(0.8, 1.1)), ROAD)
        for x in (left, right): # kerbs
            self.wall([(x - 0.12, 0, 2), (x + 0.12, 0, 2), (x + 0.12, 0, FAR), (x - 0.12, 0, FAR)], times(stone, 1.18), PAVEMENT)
        if chance.often(0.85):
            start, white = chance.between(2, 5), times((232, 230, 220), chance.between(0.8, 1))
            for i in range(12):
                z = start + 4.4 * i
                self.wall([(self.middle - 0.12, 0, z), (self.middle + 0.12, 0, z), (self.middle + 0.12, 0, z + 2.2), (self.middle - 0.12, 0, z + 2.2)], white, ROAD)
        if chance.often(0.3): # a crossing
            z, x = chance.between(8, 14), left + 0.4
            while x < right - 0.6:
                self.wall([(x, 0, z), (x + 0.5, 0, z), (x + 0.5, 0, z + 2.6), (x, 0, z + 2.6)], (230, 228, 220), ROAD)
                x += 1.0

    def far_away(self):
        """A line of trees and houses, where the street ends."""
        chance, things, x = self.chance, [], -56.0
        while x < 56:
            w = chance.between(5, 10)
            if chance.often(0.55):
                things.append((FAR, self.house, x, x + w, FAR * 0.98, FAR, chance.between(5, 10), chance.one_of(PAINTS), chance.one_of(ROOFS), True))
            else:
                things.append((FAR, self.tree, x + w / 2, FAR * 0.95, chance.between(8, 12), chance.one_of(CROWNS[:4])))
            x += w * chance.between(0.7, 1)
        return things

    def houses(self):
        chance, things = self.chance, []
        for side in (-1, 1):
            z = chance.between(3, 9)
            while z < FAR - 12:
                length, x = chance.between(5, 10), self.middle + side * (self.road + self.path + chance.between(0, 1.6))
                tall, paint, roof = chance.between(3, 6.6), times(chance.one_of(PAINTS), chance.between(0.85, 1.1)), chance.one_of(ROOFS)
                things.append((z, self.house, x, x + side * 8, z, z + length, tall, paint, roof, chance.often(0.75)))
                gap = chance.one_of([0, 0.6, 2, 5])
                if gap == 5:
                    things.append((z + length + 2.5, self.tree, x + side * 2, z + length + 2.5, chance.between(3, 6), chance.one_of(CROWNS)))
                z += length + gap
        return things

    def house(self, inner, outer, near, far, tall, paint, roof, is_gabled):
        chance, side = self.chance, 1 if outer > inner else -1
        lit, shaded = (0.72, 1.0) if side == self.sun else (1.04, 0.8) # the wall along the street, the one towards us
        ridge, middle, over = tall + (chance.between(3.6, 4.6) if is_gabled else 0), (inner + outer) / 2, inner - side * 0.35
        if near < FAR * 0.9:
            reach = side * chance.between(1.5, 3)
            if side == self.sun:
                self.wall([(inner, 0, near), (inner - reach, 0, near + 1), (inner - reach, 0, far + 1), (inner, 0, far)], "shadow", None)
        self.wall([(inner, 0, near), (inner, 0, far), (inner, tall, far), (inner, tall, near)], times(paint, lit), BUILDING)
        if is_gabled:
            self.wall([(inner, 0, near), (outer, 0, near), (outer, tall, near), (middle, ridge, near), (inner, tall, near)], times(paint, shaded), BUILDING)
            self.wall([(over, tall - 0.3, near - 0.3), (over, tall - 0.3, far), (middle, ridge, far), (middle, ridge, near - 0.3)], times(roof, lit), BUILDING)
        else:
            self.wall([(inner, 0, near), (outer, 0, near), (outer, tall, near), (inner, tall, near)], times(paint, shaded), BUILDING)
            for y in (tall, tall + 0.35):
                self.wall([(over, y - 0.35, near - 0.2), (over, y - 0.35, far), (over, y, far), (over, y, near - 0.2)], times(roof, 0.9 + 0.2 * (y > tall)), BUILDING)
            self.wall([(over, tall, near), (outer, tall, near), (outer, tall + 0.35, near), (over, tall + 0.35, near)], times(roof, shaded), BUILDING)
        frame = (240, 236, 226) if sum(paint) < 600 else (110, 90, 80)
        floors, n = max(1, int(tall / 2.6)), max(1, int((far - near) / 2.2))
        for floor in range(floors):
            y = 0.95 + 2.6 * floor
            for i in range(n): # along the street
                z = near + (i + 0.5) * (far - near) / n
                if near < FAR * 0.9:
                    is_door = floor == 0 and i == n // 2
                    self.opening([(inner, z - 0.55), (inner, z + 0.55)], 0 if is_door else y, 2.1 if is_door else y + 1.25, frame, is_door)
            for i in (1, 2, 3): # towards us
                x = inner + i * (outer - inner) / 4
                self.opening([(x - 0.5, near), (x + 0.5, near)], y, y + 1.25, frame, False)

    def opening(self, ends, low, high, frame, is_door):
        """A window or a door between two (x, z) of a wall."""
        chance, (ax, az), (bx, bz) = self.chance, ends[0], ends[1]
        if az < 1.5:
            return
        glass = (250, 214, 130) if chance.often(0.5 if self.is_dusk else 0.06) else mix(self.top, (50, 60, 74), chance.between(0.5, 0.9))
        if is_door:
            glass = times(chance.one_of(PAINTS), 0.75)
        for colour, e in ((frame, 0), (glass, 0.13)):
            tx, tz = (bx - ax) * e, (bz - az) * e
            self.wall([(ax + tx, low + (0 if is_door else e), az + tz), (bx - tx, low + (0 if is_door else e), bz - tz), (bx - tx, high - e, bz - tz),
                       (ax + tx, high - e, az + tz)], colour, BUILDING)

    def trees(self):
        chance, things = self.chance, []
        for side in (-1, 1):
            if chance.often(0.75):
                z, step, paint = chance.between(6, 14), chance.between(6, 14), chance.one_of(CROWNS)
                while z < 60:
                    x = self.middle + side * (self.road + 0.7)
                    things.append((z, self.tree, x, z, chance.between(3.4, 6.4), paint if chance.often(0.7) else chance.one_of(CROWNS)))
                    z += step * chance.between(0.8, 1.4)
        return things

    def tree(self, x, z, tall, paint):
        chance, canvas = self.chance, self.canvas
        (sx, ground), (_, top), size = self.at(x, 0, z), self.at(x, tall, z), FOCAL / z
        wide, middle = tall * chance.between(0.26, 0.36) * size, top + (ground - top) * 0.36
        bark, w = self.seen(chance.one_of([(92, 70, 54), (76, 66, 60), (124, 112, 100)]), z), 0.14 * size * (0.6 + tall / 10)
        canvas.ellipse(sx + 0.1 * wide, ground, wide * 0.9, 0.12 * wide, "shadow")
        canvas.polygon([(sx - w, ground), (sx + w, ground), (sx + 0.6 * w, middle), (sx - 0.6 * w, middle)], bark, TREE)
        deep = middle - top
        canvas.ellipse(sx, middle, 0.8 * wide, 0.8 * deep, self.seen(times(paint, 0.66), z), TREE)
        leaves = []
        while len(leaves) < 46:
            u, v = chance.between(-1, 1), chance.between(-1, 1)
            if u * u + v * v < 1:
                leaves.append((u, v, chance.between(0.12, 0.3), chance.between(-0.14, 0.14)))
        for u, v, r, d in sorted(leaves, key=lambda leaf: -leaf[1] + 0.4 * leaf[0] * -self.sun): # the lit ones last
            light = 0.88 - 0.3 * v + 0.14 * u * self.sun + d
            canvas.ellipse(sx + u * wide, middle + v * deep, r * wide, r * wide * 0.85, self.seen(times(paint, light), z), TREE)

    def traffic(self):
        chance, things = self.chance, []
        for side in (-1, 1):
            z = chance.between(5.5, 13)
            while z < 50: # parked, or driving
                x = self.middle + side * (self.road - 1.15 if chance.often(0.6) else self.road * 0.48)
                if chance.often(0.72):
                    things.append((z, self.car, x, z, self.car_paint()))
                    self.taken.append((x, z + 2, 1.2, 3))
                z += chance.between(5.5, 13)
        if chance.often(0.35): # one that turns
            x, z = self.middle + chance.between(-2.2, 2.2), chance.between(9, 18)
            if self.is_free(x, z, 2.2, 1):
                things.append((z, self.side_car, x, z, self.car_paint()))
                self.taken.append((x, z, 2.3, 1))
        return things

    def car_paint(self):
        chance = self.chance
        return times(chance.one_of(PAINTS + [(200, 40, 36), (40, 70, 150), (44, 46, 52), self.top]), chance.between(0.85, 1.1))

    def car(self, x, z, paint):
        """From behind, or from before: faces of a box, and of a smaller one upon it."""
        chance, canvas, box = self.chance, self.canvas, self.wall
        half, belt, tall, end = 0.88, 0.92, chance.between(1.4, 1.75), z + chance.between(3.4, 4.2)
        second = paint if chance.often(0.5) else chance.one_of([(236, 232, 226), (60, 62, 70), paint])
        glass, comes = mix(self.top, (40, 48, 60), 0.7), chance.often(0.5)
        self.wall([(x - half - 0.15, 0, z - 0.3), (x + half + 0.15, 0, z - 0.3), (x + half + 0.1, 0, end + 0.2), (x - half - 0.1, 0, end + 0.2)], "shadow", None)
        flank = x - half if x > 0 else x + half # the side that we see
        tone = 0.7 if (x > 0) == (self.sun > 0) else 0.9
        for wheel in (z + 0.7, end - 0.8):
            wx, wy = self.at(flank, 0.32, wheel)
            canvas.ellipse(wx, wy, 0.16 * FOCAL / wheel, 0.34 * FOCAL / wheel, self.seen((34, 34, 38), z), CAR)
        for dx in (-0.66, 0.66):
            box([(x + dx - 0.16, 0, z), (x + dx + 0.16, 0, z), (x + dx + 0.16, 0.4, z), (x + dx - 0.16, 0.4, z)], (30, 30, 34), CAR)
        box([(flank, 0.3, z), (flank, 0.3, end), (flank, belt, end), (flank, belt, z)], times(paint, tone), CAR)
        box([(x - half, belt, z), (x + half, belt, z), (x + half, belt, end), (x - half, belt, end)], times(paint, 1.12), CAR)
        front, back = z + 0.5, end - 0.9
        inner = x + (flank - x) * 0.86
        box([(flank, belt, front - 0.35), (flank, belt, back + 0.5), (inner, tall, back), (inner, tall, front)], times(second, tone), CAR)
        for a, b in ((0.08, 0.46), (0.54, 0.92)):
            za, zb = front + (back - front) * a, front + (back - front) * b
            box([(flank, belt + 0.06, za), (flank, belt + 0.06, zb), (inner, tall - 0.12, zb), (inner, tall - 0.12, za)], glass, CAR)
        box([(x - half * 0.86, tall, front), (x + half * 0.86, tall, front), (x + half * 0.8, tall, back), (x - half * 0.8, tall, back)], times(second, 1.15), CAR)
        box([(x - half, belt, z + 0.15), (x + half, belt, z + 0.15), (x + half * 0.86, tall, front), (x - half * 0.86, tall, front)], second, CAR)
        box([(x - half * 0.86, belt + 0.05, z + 0.15), (x + half * 0.86, belt + 0.05, z + 0.15), (x + half * 0.74, tall - 0.1, front),
             (x - half * 0.74, tall - 0.1, front)], glass, CAR)
        box([(x - half, 0.26, z), (x + half, 0.26, z), (x + half, belt, z), (x - half, belt, z)], paint, CAR)
        box([(x - half, 0.26, z), (x + half, 0.26, z), (x + half, 0.42, z), (x - half, 0.42, z)], times(paint, 0.6), CAR)
        box([(x - 0.26, 0.46, z), (x + 0.26, 0.46, z), (x + 0.26, 0.6, z), (x - 0.26, 0.6, z)], (236, 234, 220), CAR)
        for dx in (-0.66, 0.66):
            box([(x + dx - 0.18, 0.6, z), (x + dx + 0.18, 0.6, z), (x + dx + 0.18, 0.8, z), (x + dx - 0.18, 0.8, z)],
                (255, 244, 196) if comes else (200, 30, 28), CAR)

    def side_car(self, x, z, paint):
        chance, canvas = self.chance, self.canvas
        way, second = chance.one_of([-1, 1]), chance.one_of([paint, (236, 232, 226), (60, 62, 70)])
        (cx, ground), size, glass = self.at(x, 0, z), FOCAL / z, self.seen(mix(self.top, (40, 48, 60), 0.65), z)
        shape = lambda corners: [(cx + way * a * size, ground - b * size) for a, b in corners]
        canvas.ellipse(cx, ground, 2.25 * size, 0.22 * size, "shadow")
        canvas.polygon(shape([(-1.5, 0.85), (-1.05, 1.5), (0.45, 1.5), (1.05, 0.88)]), self.seen(second, z), CAR)
        canvas.polygon(shape([(-1.28, 0.9), (-0.95, 1.38), (-0.32, 1.38), (-0.32, 0.9)]), glass, CAR)
        canvas.polygon(shape([(-0.2, 0.9), (-0.2, 1.38), (0.38, 1.38), (0.8, 0.9)]), glass, CAR)
        canvas.polygon(shape([(-2.1, 0.3), (-2.1, 0.75), (-1.6, 0.92), (1.1, 0.92), (1.95, 0.74), (2.1, 0.3)]), self.seen(paint, z), CAR)
        canvas.polygon(shape([(-2.1, 0.3), (-2.1, 0.42), (2.1, 0.42), (2.1, 0.3)]), self.seen(times(paint, 0.6), z), CAR)
        canvas.ellipse(cx + way * 1.95 * size, ground - 0.62 * size, 0.12 * size, 0.1 * size, self.seen((255, 240, 180), z), CAR)
        for dx in (-1.25, 1.25):
            canvas.ellipse(cx + dx * size, ground - 0.34 * size, 0.36 * size, 0.36 * size, self.seen((32, 32, 36), z), CAR)
            canvas.ellipse(cx + dx * size, ground - 0.34 * size, 0.17 * size, 0.17 * size, self.seen((170, 172, 176), z), CAR)

    def people(self):
        chance, things = self.chance, []
        for _ in range(int(chance.between(4, 9))):
            z = chance.between(5.5, 9) if chance.often(0.4) else chance.between(7, 22)
            x = self.middle + (chance.one_of([-1, 1]) * (self.road + chance.between(0.4, self.path - 0.3)) if chance.often(0.75) else chance.between(-2, 2))
            if self.is_free(x, z, 0.4, 0.3):
                things.append((z, self.person, x, z))
                self.taken.append((x, z, 0.3, 0.3))
        return things

    def person(self, x, z):
        chance, canvas = self.chance, self.canvas
        tall, step, way = chance.between(1.3, 1.9), chance.between(0.1, 0.3), chance.one_of([-1, 1])
        (cx, ground), size = self.at(x, 0, z), FOCAL / z * tall / 1.8
        coat, legs, skin, hair = (self.seen(c, z) for c in (chance.one_of(PAINTS + [(200, 50, 44), (50, 90, 150)]), times(chance.one_of(PAINTS), 0.55),
                                                            chance.one_of(SKIN), chance.one_of([(60, 44, 34), (30, 28, 28), (170, 130, 70), (150, 150, 150)])))
        shape = lambda corners: [(cx + way * a * size, ground - b * size) for a, b in corners]
        canvas.ellipse(cx, ground, 0.42 * size, 0.09 * size, "shadow")
        canvas.polygon(shape([(-0.17, 0.95), (0.02, 0.95), (-step + 0.08, 0), (-step - 0.1, 0)]), times(legs, 0.85), PERSON)
        canvas.polygon(shape([(-0.03, 0.95), (0.17, 0.95), (step + 0.1, 0), (step - 0.08, 0)]), legs, PERSON)
        canvas.polygon(shape([(-0.2, 0.85), (0.2, 0.85), (0.26, 1.4), (0.14, 1.52), (-0.14, 1.52), (-0.26, 1.4)]), coat, PERSON)
        canvas.polygon(shape([(-0.26, 1.42), (-0.16, 1.42), (-0.26, 0.85), (-0.36, 0.87)]), times(coat, 0.82), PERSON)
        canvas.polygon(shape([(0.16, 1.42), (0.26, 1.42), (0.4, 0.92), (0.3, 0.86)]), times(coat, 0.82), PERSON)
        canvas.ellipse(cx, ground - 1.66 * size, 0.15 * size, 0.17 * size, hair, PERSON)
        canvas.ellipse(cx + way * 0.04 * size, ground - 1.63 * size, 0.12 * size, 0.14 * size, skin, PERSON)

def main(folder, seed=1):
    for part, first, n in (("train", 0, 24), ("test", 1000, 8)):
        for name in (part, part + "-labels"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        for i in range(n):
            seen, truth = Street(int(seed) * 10000 + first + i).draw()
            png(os.path.join(folder, part, f"street-{i + 1:02}.png"), seen, 3)
            png(os.path.join(folder, part + "-labels", f"street-{i + 1:02}.png"), truth, 1)

if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
