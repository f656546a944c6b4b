"""Episodes of CartPole under a policy that looks at the pole alone, with the return of each in work/cases.csv."""

from __future__ import annotations

import pathlib

import gymnasium
import numpy as np
import pandas as pd

from auditkit.case_scores import discounted_return

HERE = pathlib.Path(__file__).resolve().parent
EPISODES = 80


def policy(state: np.ndarray) -> int:
    """Push to the side to which the pole leans."""
    return int(state[2] > 0)


def episodes() -> tuple[list[list[float]], list[str]]:
    """The rewards of each episode, and to which side its pole leant at the start."""
    rewards, lean = [], []
    with gymnasium.make("CartPole-v1") as world:
        for number in range(EPISODES):
            state, _ = world.reset(seed=number)
            lean.append("right" if state[2] > 0 else "left")
            earned, ended = [], False
            while not ended:
                state, reward, fallen, over_time, _ = world.step(policy(state))
                earned.append(float(reward))
                ended = fallen or over_time
            rewards.append(earned)
    return rewards, lean


if __name__ == "__main__":
    rewards, lean = episodes()
    (HERE / "work").mkdir(exist_ok=True)
    cases = pd.DataFrame({"lean": lean, "return": discounted_return(rewards)})
    cases.to_csv(HERE / "work" / "cases.csv", index=False)
