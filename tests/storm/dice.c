#include "storm.h"

/* SplitMix64 (prng.di.unimi.it/splitmix64.c, public domain). */
static uint64_t
next(struct dice *dice)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

struct dice
dice_new(uint64_t seed, uint64_t stream)
{
    struct dice dice = { seed };

    dice.state = next(&dice) ^ (stream * 0xd1342543de82ef95);
    return dice;
}

int
dice_roll(struct dice *dice, int sides)
{
    return (int)(next(dice) % (uint64_t)sides);
}

bool
dice_chance(struct dice *dice, int percent)
{
    return dice_roll(dice, 100) < percent;
}
