from django.db import models


class Meeting(models.Model):
    slug = models.SlugField(unique=True)
    title = models.CharField(max_length=160)
    place = models.CharField(max_length=80)
    text = models.TextField()
    start = models.DateTimeField(db_index=True)
    seats_taken = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.title


class Registration(models.Model):
    meeting = models.ForeignKey(Meeting, models.CASCADE)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name
