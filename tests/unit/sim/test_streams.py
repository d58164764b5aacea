from __future__ import annotations

import numpy as np
import pytest

from sim.streams import Streams, Uses, mix64
from skillblend.errors import InputError


def numbers(seed: int = 0, n: int = 64, tag: int = 0, size: int = 200, episode: int = 0, step: int = 0) -> np.ndarray:
    streams = Streams(seed, n)
    for _ in range(episode + 1):
        streams.next_episode(np.arange(n))
    streams.step += step
    return streams.uniform(np.arange(n), tag, 0.0, 1.0, size)


def test_uniform_numbers_have_the_moments_of_the_uniform_distribution() -> None:
    x = numbers(n=200, size=500)  # 100,000 numbers: 5 standard errors each
    n = x.size
    assert x.min() >= 0.0 and x.max() < 1.0
    assert x.mean() == pytest.approx(0.5, abs=5 * np.sqrt(1 / 12 / n))
    assert x.var() == pytest.approx(1 / 12, abs=5 * np.sqrt(1 / 180 / n))
    counts = np.histogram(x, bins=20, range=(0, 1))[0]
    chi_square = ((counts - n / 20) ** 2 / (n / 20)).sum()
    assert chi_square < 19 + 5 * np.sqrt(2 * 19)


@pytest.mark.parametrize(
    "other",
    [{"seed": 1}, {"tag": 1}, {"episode": 1}, {"step": 1}],
    ids=["seed", "tag", "episode", "step"],
)
def test_streams_with_another_address_are_uncorrelated(other: dict[str, int]) -> None:
    a, b = numbers().ravel(), numbers(**other).ravel()
    assert not np.any(a == b)
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(a.size)


def test_neighbouring_environments_and_columns_are_uncorrelated() -> None:
    x = numbers(n=200, size=500)
    for shift in (1, 2, 7):
        rows = np.corrcoef(x[shift:].ravel(), x[:-shift].ravel())[0, 1]
        columns = np.corrcoef(x[:, shift:].ravel(), x[:, :-shift].ravel())[0, 1]
        assert abs(rows) < 5 / np.sqrt(x.size)
        assert abs(columns) < 5 / np.sqrt(x.size)


def test_a_number_depends_on_its_episode_alone() -> None:
    """Episode 6 reads the same whether it is the seventh of one environment or the first of the seventh."""
    alone, many = Streams(5, 1), Streams(5, 8)
    for _ in range(7):
        alone.next_episode(np.array([0]))
    many.next_episode(np.arange(8))
    assert alone.episode[0] == many.episode[6] == 6
    assert np.array_equal(
        alone.uniform(np.array([0]), 3, -1.0, 1.0, 9)[0], many.uniform(np.arange(8), 3, -1.0, 1.0, 9)[6]
    )


def test_a_subset_of_environments_reads_the_same_numbers() -> None:
    streams = Streams(0, 10)
    streams.next_episode(np.arange(10))
    chosen = np.array([7, 2])
    everybody = streams.uniform(np.arange(10), 0, 0.0, 1.0, 5)
    assert np.array_equal(streams.uniform(chosen, 0, 0.0, 1.0, 5), everybody[chosen])


def test_reading_does_not_advance_a_stream() -> None:
    streams = Streams(0, 3)
    streams.next_episode(np.arange(3))
    first = streams.uniform(np.arange(3), 0, 0.0, 1.0)
    assert np.array_equal(streams.uniform(np.arange(3), 0, 0.0, 1.0), first)


def test_columns_take_limits_of_their_own() -> None:
    streams = Streams(0, 1000)
    streams.next_episode(np.arange(1000))
    low, high = np.array([-1.0, 5.0]), np.array([0.0, 9.0])
    x = streams.uniform(np.arange(1000), 0, low, high, 2)
    assert (x >= low).all() and (x < high).all()
    assert x.mean(axis=0) == pytest.approx((low + high) / 2, abs=0.2)


def test_integers_cover_their_range_evenly() -> None:
    streams = Streams(0, 7000)
    streams.next_episode(np.arange(7000))
    x = streams.integers(np.arange(7000), 0, 3, 10)
    counts = np.bincount(x, minlength=10)
    assert counts[:3].sum() == 0 and len(counts) == 10
    assert np.abs(counts[3:] - 1000).max() < 5 * np.sqrt(1000)


def test_restart_replays_a_seed() -> None:
    streams = Streams(1, 4)
    streams.next_episode(np.arange(4))
    first = streams.uniform(np.arange(4), 0, 0.0, 1.0)
    streams.next_episode(np.array([1, 3]))
    streams.restart(1)
    streams.next_episode(np.arange(4))
    assert np.array_equal(streams.uniform(np.arange(4), 0, 0.0, 1.0), first)
    assert streams.episode.tolist() == [0, 1, 2, 3]


def test_too_many_numbers_for_one_use_are_refused() -> None:
    with pytest.raises(InputError, match="at most 1024"):
        Streams(0, 1).uniform(np.array([0]), 0, 0.0, 1.0, 1025)


def test_mix64_is_the_splitmix64_finaliser() -> None:
    """Reference values: splitmix64 of state 0, whose successive states are multiples of the golden ratio."""
    golden = np.arange(1, 4, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert [int(x) for x in mix64(golden)] == expected


@pytest.mark.filterwarnings("error")
def test_arithmetic_modulo_2_to_the_64_warns_nobody() -> None:
    streams = Streams(2**64 - 1, 2)
    streams.next_episode(np.arange(2))
    streams.step += 10**6
    assert np.isfinite(streams.uniform(np.arange(2), 10**6, 0.0, 1.0, 3)).all()


def test_several_uses_at_once_give_the_same_numbers() -> None:
    streams = Streams(5, 8)
    ids = np.array([1, 4, 6])
    streams.next_episode(np.arange(8))
    streams.step[:] = np.arange(8)
    low, high = np.array([-1.0, 2.0, 0.0]), np.array([1.0, 3.0, 0.5])
    uses = [(3, -0.5, 0.25, 1), (104, low, high, 3), (7, 0.0, 1.0, 20)]
    for drawn, (tag, least, most, size) in zip(streams.uniforms(ids, Uses(*uses)), uses, strict=True):
        assert np.array_equal(drawn, streams.uniform(ids, tag, least, most, size))


def test_episodes_of_ones_choice_are_those_of_their_numbers() -> None:
    chosen, ordered = Streams(7, 2), Streams(7, 5)
    chosen.restart(7, np.array([3, 1]))
    both, everyone = np.arange(2), np.arange(5)
    chosen.next_episode(both)
    ordered.next_episode(everyone)
    assert chosen.episode.tolist() == [3, 1]
    assert (
        chosen.uniform(both, 0, 0.0, 1.0)[:, 0].tolist() == ordered.uniform(everyone, 0, 0.0, 1.0)[[3, 1], 0].tolist()
    )
    chosen.next_episode(both)
    assert chosen.episode.tolist() == [5, 3]
