"""Solutions of the exercises to chapter 2: gradient noise, and why the rate must fall."""


def last_moment(rates, h, variance, start):
    """Square an update and take the mean: the mixed term vanishes."""
    moment = start
    for eta in rates:
        moment = (1 - eta * h) ** 2 * moment + eta**2 * variance
    return moment


def noise_floor(eta, h, variance, batch=1, beta=0.0, dampening=0.0):
    """The second moment that an update of heavy ball leaves as it is."""
    # A velocity with a share of every gradient moves like a plain one at that share of the rate.
    rate = (1 - dampening) * eta
    if rate * h >= 2 * (1 + beta):
        raise ValueError(f"eta must be below 2 (1 + beta) / ((1 - dampening) h), got {eta}")
    # For beta = 0 this is rate * variance / (h * batch * (2 - rate * h)).
    return (1 + beta) * rate * variance / (h * batch * (1 - beta) * (2 * (1 + beta) - rate * h))


def best_moment(steps, h, variance, start):
    """The reciprocal of the moment grows by h ** 2 / variance in every update."""
    if start == 0:  # nothing to win, and no reciprocal
        return 0.0
    return 1 / (1 / start + steps * h**2 / variance)


# For c / t the slower of t ** (-2 h c) and 1 / t; otherwise the floor follows the rate, as long as
# the sum of the rates is infinite.
power = {
    "eta = 0.2 / t": -0.4,
    "eta = 0.4 / t": -0.8,
    "eta = 2 / t": -1,
    "eta = 0.5 / t ** 0.3": -0.3,
    "eta = 0.5 / t ** 1.5": 0,
}

# The mean of the iterates is the mean of the noise divided by h: variance / (h ** 2 n).
average = {"twice n": 0.5, "twice eta": 1, "twice h": 0.25, "twice the variance": 2}
