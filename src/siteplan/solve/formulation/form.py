"""Constraints on form: complexes and scattered sites (综合体, 插花)."""

from __future__ import annotations

from pyomo.environ import Constraint

from siteplan.case import Form
from siteplan.problem import FormStandard, Problem, Role, Site
from siteplan.solve.formulation.variables import Expression, PlanModel

ALL_KINDS, STANDARD_KIND = "of_all_kinds", "standard_ones"
"""The functions that `complex_has_enough` counts, by which its rows are named."""


def can_be_complex(problem: Problem, site: Site) -> bool:
    """Return whether a site can be a complex: listed as one, or large and versatile enough.

    Without the rule of form every site counts as a complex.
    """
    if site.listed_form is not None:
        return site.listed_form is Form.COMPLEX
    standard = problem.form_standard
    if standard is None:
        return True
    hosted_standard = [key for key in site.may_host if problem.functions[key].is_standard]
    return (
        site.floor_area_m2 >= standard.minimum_floor_area_m2
        and len(site.may_host) >= standard.minimum_functions
        and len(hosted_standard) >= standard.minimum_standard_functions
    )


def free_form(problem: Problem, site: str) -> FormStandard | None:
    """Return the form standard for a site whose form is free, None for one that is exempt."""
    return problem.form_standard if problem.sites[site].role is Role.CANDIDATE else None


def site_form(problem: Problem, model: PlanModel) -> Constraint:
    """Only a large and versatile site is a complex; a committed site keeps the form it is listed with.

    complex[j] ≤ open[j,last year] where it can be one, else 0; = 1 where listed or without the rule.

    导则（试行）: 综合体建筑面积一般不小于 600 m².
    """

    def rule(model: PlanModel, site: str) -> Expression:
        if not can_be_complex(problem, problem.sites[site]):
            return model.complex[site] == 0
        if free_form(problem, site) is None:
            return model.complex[site] == 1
        return model.complex[site] <= model.open[site, problem.years[-1]]

    return Constraint(model.sites, rule=rule)


def scattered_has_few_functions(problem: Problem, model: PlanModel) -> Constraint:
    """A scattered site has at most two functions.

    Σ_f provide[j,f,t] ≤ 2 + (hosted_j − 2) · complex[j]      (every candidate j and year t)

    导则（试行）: 插花式设施.
    """

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        standard = free_form(problem, site)
        hosted = [key for key in problem.functions if key in problem.sites[site].may_host]
        if standard is None or len(hosted) <= standard.scattered_maximum_functions:
            return Constraint.Skip
        most = standard.scattered_maximum_functions
        provided = sum(model.provide[site, key, year] for key in hosted)
        return provided <= most + (len(hosted) - most) * model.complex[site]

    return Constraint(model.sites, model.years, rule=rule)


def complex_has_enough(problem: Problem, model: PlanModel) -> Constraint:
    """An open complex has at least three functions, two of them standard.

    Σ_{f∈G} provide[j,f,t] ≥ n_G · (open[j,t] + complex[j] − 1)      (candidate j, year t,
    G = all functions with n = 3, the standard ones with n = 2)

    导则（试行）: 综合体不少于 3 类功能，其中标配不少于 2 类.
    """

    def rule(model: PlanModel, site: str, group: str, year: int) -> Expression:
        standard = free_form(problem, site)
        if standard is None or not can_be_complex(problem, problem.sites[site]):
            return Constraint.Skip
        hosted = [
            key
            for key, function in problem.functions.items()
            if key in problem.sites[site].may_host and (group == ALL_KINDS or function.is_standard)
        ]
        least = standard.minimum_functions if group == ALL_KINDS else standard.minimum_standard_functions
        provided = sum(model.provide[site, key, year] for key in hosted)
        return provided >= least * (model.open[site, year] + model.complex[site] - 1)

    return Constraint(model.sites, [ALL_KINDS, STANDARD_KIND], model.years, rule=rule)


def may_be_small(problem: Problem, site: str) -> bool:
    """Return whether a candidate as a complex would be below the preferred floor area."""
    standard = free_form(problem, site)
    return standard is not None and problem.sites[site].floor_area_m2 < standard.preferred_floor_area_m2


def complex_has_care(problem: Problem, model: PlanModel) -> Constraint:
    """A complex without elderly and infant care is counted (level `preferred_form`).

    lacks_care[j] ≥ complex[j] − provide[j,elderly,t] − provide[j,infant,t]      (candidate j, last year t)

    导则（试行）: 优先设置养老、托育.
    """
    first = (problem.elderly_function, problem.infant_function)

    def rule(model: PlanModel, site: str, year: int) -> Expression:
        if free_form(problem, site) is None or not can_be_complex(problem, problem.sites[site]):
            return Constraint.Skip
        provided = sum(model.provide[site, key, year] for key in first if key in problem.sites[site].may_host)
        return model.lacks_care[site] + provided >= model.complex[site]

    return Constraint(model.sites, [problem.years[-1]], rule=rule)


def provided_outside_complex(problem: Problem, model: PlanModel) -> Constraint:
    """A function that a candidate provides without being a complex is counted (level `scattered_functions`).

    scattered[j,f] ≥ provide[j,f,t] − complex[j]      (candidate j, function f, last year t)

    周至方案: complexes come first, 插花 where conditions lack.
    """

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        if free_form(problem, site) is None:
            return Constraint.Skip
        provided = model.provide[site, function, year]
        return model.scattered[site, function] >= provided - model.complex[site]

    return Constraint(model.hosting, [problem.years[-1]], rule=rule)


def places_reserved_first(problem: Problem, model: PlanModel) -> Constraint:
    """In a complex that may host elderly or infant care, others come only with one of them.

    provide[j,f,t] ≤ provide[j,elderly,t] + provide[j,infant,t] + (1 − complex[j])

    周至方案 五（三）, 附件2-11: 优先保障托位、护理型床位.
    """
    first = (problem.elderly_function, problem.infant_function)

    def rule(model: PlanModel, site: str, function: str, year: int) -> Expression:
        hosted_first = [key for key in first if key in problem.sites[site].may_host]
        applies = problem.places_reserved_first and hosted_first and function not in first
        if not applies or not can_be_complex(problem, problem.sites[site]):
            return Constraint.Skip
        reserved = sum(model.provide[site, key, year] for key in hosted_first)
        return model.provide[site, function, year] <= reserved + 1 - model.complex[site]

    return Constraint(model.hosting, model.years, rule=rule)
