"""A logistic regression by formula, fitted with statsmodels on its own survey of marriages, is audited."""

import pathlib

import statsmodels.api as sm
import statsmodels.formula.api as smf

import auditkit

FORMULA = "affair ~ rate_marriage + age + yrs_married + C(religious)"
CHECKS = ["performance.quality", "fairness.groups"]


def survey():
    """Fair's survey of 1974, which statsmodels ships: 6,366 women, and whether they had an affair."""
    table = sm.datasets.fair.load_pandas().data
    return table.assign(affair=(table.pop("affairs") > 0).astype(int))


def fitted(table):
    """The results of a logit by formula; statsmodels makes the columns of the formula itself."""
    return smf.logit(FORMULA, table).fit(disp=0)


def run(out):
    """Audit the results on every third woman, whom the fit has not seen."""
    table = survey()
    held_out = table.index % 3 == 0
    data = auditkit.AuditData.from_table(
        table[held_out], label="affair", positive=1, groups={"age": {"bins": [30]}}, outcome="burden",
        features=["rate_marriage", "age", "yrs_married", "religious"],
    )  # fmt: skip
    return auditkit.audit(fitted(table[~held_out]), data, checks=CHECKS, budget="quick", out=out)


if __name__ == "__main__":
    result = run(pathlib.Path("work"))
    print(f"{len(result.results)} checks. Report: work/report.html")
