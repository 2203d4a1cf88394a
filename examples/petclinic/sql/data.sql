INSERT INTO types (id, name) VALUES (1, 'cat'), (2, 'dog'), (3, 'lizard'), (4, 'snake'), (5, 'bird'), (6, 'hamster');

INSERT INTO specialties (id, name) VALUES (1, 'radiology'), (2, 'surgery'), (3, 'dentistry');

INSERT INTO vets (id, first_name, last_name) VALUES
  (1, 'Amina', 'Yusuf'), (2, 'Bjørn', 'Dahl'), (3, 'Clara', 'Mendes'), (4, 'Dušan', 'Kovač'), (5, 'Elif', 'Şahin');

INSERT INTO vet_specialties (vet_id, specialty_id) VALUES (2, 1), (3, 2), (3, 3), (4, 2), (5, 1);

INSERT INTO owners (id, first_name, last_name, address, city, telephone) VALUES
  (1, 'George', 'Fairweather', '110 Liberty Street', 'Madison', '6085551023'),
  (2, 'Betty', 'Novak', '638 Cardinal Avenue', 'Sun Prairie', '6085551749'),
  (3, 'Eduardo', 'Rodríguez', '2693 Commerce Street', 'McFarland', '6085558763'),
  (4, 'Harold', 'Novak', '563 Friendly Street', 'Windsor', '6085553198'),
  (5, 'Jean', 'O''Connell', '105 Lake Street', 'Monona', '6085552654'),
  (6, 'Mei', 'Ling', '1450 Oak Boulevard', 'Monona', '6085555387');

INSERT INTO pets (id, name, birth_date, type_id, owner_id) VALUES
  (1, 'Leo', '2020-09-07', 1, 1), (2, 'Basil', '2022-08-06', 6, 2), (3, 'Rosy', '2021-04-17', 2, 3),
  (4, 'Jewel', '2020-03-07', 2, 3), (5, 'Iggy', '2020-11-30', 3, 4), (6, 'Samantha', '2022-09-04', 1, 5),
  (7, 'Max', '2022-09-04', 1, 5), (8, 'Lucky', '2021-08-06', 5, 6);

INSERT INTO visits (id, pet_id, visit_date, description) VALUES
  (1, 6, '2025-01-01', 'rabies shot'), (2, 7, '2025-01-02', 'rabies shot'),
  (3, 7, '2025-01-03', 'neutered'), (4, 6, '2025-01-04', 'spayed');
