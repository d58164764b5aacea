"""How surfaces meet: one table of contact settings, with its reasons.

Everything is stepped with pyramidal friction cones (`CONE`). Elliptic ones hold things a little better, but robots
whose skills were trained with pyramidal ones fall under them.

Where two surfaces meet, MuJoCo takes the settings of the one with the higher priority: a palm decides how it holds a
thing, a thing how it lies on a table, a sole how it stands on the floor. So the friction of palms and that of things
can be set, and randomised, apart from each other.

What was measured: 40 robots with frozen skills squeeze a 0.5-2 kg slab with both palms and lift it.

- Squeezing 4 cm deep, flat palms lift 97 % with 2.5 cm of slip; balls of 3 cm 62 %, with 4.6 cm. Palms as large as
  10 x 5 x 8 cm lift 100 %, but get in the way of touching: 1 of 20 touch a box, against 12 of 12.
- ``condim`` 4 (friction against twisting in the plane) 93 % with balls, where 6 (and against rolling) reached 70 %
  and costs 7 % of the speed. Without twisting friction a thing held between two points swings.
- Twisting friction of 0.1 m makes a slab turn with the forearm; 0.01-0.03 m lets it hang.
- Sliding friction 1: 73 % on squeezes of mixed depth, against 29 % at 0.7 and 19 % at 2.
- A parcel of 0.5 to 3 kg that is carried for 15 s creeps by 6.6 cm on average between palms of the default impedance
  (0.9 to 0.95: 11 cm), by 2.6 cm at 0.98 to 0.995; at 0.999 to 0.9999 the solver throws it.
- ``solref`` 0.02 s, four times the physics step, is stiff enough: things lie less than a millimetre deep.

Hands are palms where things are free, and balls elsewhere (`sim.scene.Scene.contacts`): the shipped ButtonPress
blender was trained with balls, and 50 episodes with palms end 10.0 mm off, on average of two axes, instead of 7.9 mm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import mujoco

CONE = mujoco.mjtCone.mjCONE_PYRAMIDAL


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Settings of one kind of surface.

    Attributes:
        priority: Of two surfaces, the one with the higher number decides.
        condim: 3: sliding; 4: and twisting; 6: and rolling friction.
        friction: Sliding (no unit), twisting (m), rolling (m).
        solref: Time constant, s, and damping ratio of the contact.
        solimp: Impedance: at no depth, at full depth, width (m), midpoint, power.
    """

    priority: int
    condim: int
    friction: tuple[float, float, float]
    solref: tuple[float, float] = (0.02, 1.0)
    solimp: tuple[float, float, float, float, float] = (0.9, 0.95, 0.001, 0.5, 2.0)

    def apply(self, geom: mujoco.MjsGeom) -> None:
        """Give `geom` these settings; which geoms it meets stays as it is."""
        geom.priority = self.priority
        geom.condim = self.condim
        geom.friction = list(self.friction)
        geom.solref = list(self.solref)
        geom.solimp = list(self.solimp)


SOLE = Contact(priority=1, condim=3, friction=(1.0, 0.005, 0.0001))
"""Rubber soles: what robots are trained to walk on. Sliding friction comes from `sim.world.WorldConfig`."""

PALM = Contact(priority=3, condim=4, friction=(1.0, 0.02, 0.0001))
"""Palms of a soft, dry material."""

FIRM = replace(PALM, solimp=(0.98, 0.995, 0.001, 0.5, 2.0))
"""The same where things are carried for long: harder, so that they creep by less."""

THING = Contact(priority=2, condim=4, friction=(1.0, 0.02, 0.0001))
"""Boxes and other things with flat sides: cardboard and wood."""

BALL = Contact(priority=2, condim=6, friction=(0.8, 0.01, 0.005))
"""Balls: without rolling friction one that is touched would roll for ever; this slows by 0.2 m/s a second."""
