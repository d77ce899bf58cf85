# %% [markdown]
# # Explaining away
# A truck or an earthquake makes the house jump. The two are independent, until the house has jumped: then the one speaks against
# the other.

# %%
import harmonium

net = harmonium.BeliefNet("""
node truck       bias -10
node earthquake  bias -10
node jumps       bias -20  truck 20  earthquake 20
""")
for observed in ({}, {"jumps": 1}, {"jumps": 1, "earthquake": 1}):
    print(f"{observed}: P(truck) = {net.posterior(observed)['truck']['1']:.5f}")
net.draw("explaining_away.gv", {"jumps": 1})
